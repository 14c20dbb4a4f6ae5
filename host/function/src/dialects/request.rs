//! Reads an HTTP request from an event of a Function URL or an HTTP API.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use serde_json::Value as Json;

use crate::keys::Keys;

/// The request in an event.
///
/// # Errors
///
/// What is malformed: Lambda and API Gateway send no such event, but who may invoke the function directly can.
pub(super) fn read(keys: &Keys, path: &str) -> Result<Request<Bytes>, &'static str> {
    let text = |name: &str| keys.text(name).ok().flatten().unwrap_or_default();
    let method = keys
        .request_context()
        .pointer("/http/method")
        .and_then(Json::as_str);
    let target = match text("rawQueryString") {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    };
    let body = match keys.json("isBase64Encoded") == true {
        true => BASE64_STANDARD.decode(text("body")),
        false => Ok(text("body").into_bytes()),
    };
    let body = body.map_err(|_| "the body is not base64")?;
    let request = Request::builder()
        .method(method.unwrap_or_default())
        .uri(target);
    let mut request = request
        .body(Bytes::from(body))
        .map_err(|_| "the method or the path is invalid")?;
    *request.headers_mut() = headers(keys);
    Ok(request)
}

/// The headers of the request. Several with the same name arrive as one, and invalid ones are left out.
pub(super) fn headers(keys: &Keys) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in keys.json("headers").as_object().into_iter().flatten() {
        let name = HeaderName::try_from(name.as_str());
        let value = value.as_str().map(HeaderValue::try_from);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(event: &Json) -> Result<Request<Bytes>, &'static str> {
        super::read(&Keys::read(&event.to_string()).unwrap(), "/v1/query")
    }

    fn event() -> Json {
        json!({
            "rawQueryString": "",
            "headers": {"host": "abc.on.aws", "Content-Type": "application/json", "bad name": "x", "bad": "\n", "n": 1},
            "requestContext": {"http": {"method": "POST"}},
            "body": "{\"sql\": \"SELECT 'é'\"}",
            "isBase64Encoded": false,
        })
    }

    #[test]
    fn an_event_is_a_request() {
        let request = read(&event()).unwrap();
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/v1/query")
        );
        assert_eq!(request.headers()["content-type"], "application/json");
        assert_eq!(request.headers().len(), 2);
        assert_eq!(request.body(), "{\"sql\": \"SELECT 'é'\"}");
        let mut encoded = event();
        encoded["body"] = json!(BASE64_STANDARD.encode("{}"));
        encoded["isBase64Encoded"] = json!(true);
        encoded["rawQueryString"] = json!("a=%20b");
        let request = read(&encoded).unwrap();
        assert_eq!(
            (&request.body()[..], request.uri().to_string()),
            (&b"{}"[..], "/v1/query?a=%20b".to_owned())
        );
    }

    #[test]
    fn what_is_malformed_is_said() {
        let mut encoded = event();
        encoded["isBase64Encoded"] = json!(true);
        assert_eq!(read(&encoded).unwrap_err(), "the body is not base64");
        for (pointer, value) in [
            ("/requestContext/http/method", "P ST"),
            ("/rawQueryString", "a b\u{7f}"),
        ] {
            let mut event = event();
            *event.pointer_mut(pointer).unwrap() = json!(value);
            assert_eq!(
                read(&event).unwrap_err(),
                "the method or the path is invalid"
            );
        }
    }
}
