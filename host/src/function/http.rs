//! A Function URL's request, or an HTTP API's: both have the payload format 2.0.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_runtime::MetadataPrelude;
use serde_json::{Map, Value as Json, json};

use super::accept::{Format, negotiate};
use super::event::Form;
use super::failure::{Failure, Type};

/// More than this, no statement is.
const BODY_LIMIT: usize = 1 << 20;

pub(super) fn is_http(event: &Json) -> bool {
    event
        .get("requestContext")
        .and_then(|context| context.get("http"))
        .is_some_and(Json::is_object)
}

/// A REST API's (format 1.0), or a load balancer's.
pub(super) fn is_of_another_version(event: &Map<String, Json>) -> bool {
    event.contains_key("requestContext") && event.contains_key("httpMethod")
}

/// What a request asks for, as a direct event has it.
pub(super) fn read(event: &Json) -> (Form, Result<Map<String, Json>, Failure>) {
    let domain = text(event, "/requestContext/domainName");
    // An HTTP API waits for the whole.
    let may_stream = domain.is_some_and(|domain| domain.contains(".lambda-url."));
    let Some(format) = negotiate(header(event, "accept")) else {
        let failure = Failure::new(
            Type::NotAcceptable,
            "rows are answered as application/json or application/x-ndjson",
        );
        let form = Form::Http {
            format: Format::Json,
            may_stream,
        };
        return (
            form,
            Err(failure.with_hint("ask for one of them in Accept, or leave it out")),
        );
    };
    let form = Form::Http { format, may_stream };
    (form, asked(event))
}

fn asked(event: &Json) -> Result<Map<String, Json>, Failure> {
    match text(event, "/requestContext/http/method") {
        Some("GET") => of_query(text(event, "/rawQueryString").unwrap_or_default()),
        Some("POST") => of_body(event),
        other => {
            let method = other.unwrap_or("none");
            Err(Failure::new(
                Type::MethodNotAllowed,
                format!("the method is {method}: GET and POST are served"),
            ))
        }
    }
}

fn text<'a>(event: &'a Json, pointer: &str) -> Option<&'a str> {
    event.pointer(pointer)?.as_str()
}

/// Names are in lower case in this format; an event that was written by hand may have others.
fn header<'a>(event: &'a Json, name: &str) -> Option<&'a str> {
    let mut headers = event.get("headers")?.as_object()?.iter();
    let (_, value) = headers.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    value.as_str()
}

/// `?query=by_id&parameters=[7]`, percent-encoded.
fn of_query(query: &str) -> Result<Map<String, Json>, Failure> {
    let mut asked = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            "query" | "sql" => json!(value),
            "parameters" => serde_json::from_str(&value).map_err(|error| {
                let problem = format!("parameters is not a JSON array: {error}");
                Failure::new(Type::InvalidParameters, problem)
                    .with_hint("as ?query=by_id&parameters=%5B7%5D, which is [7]")
            })?,
            _ => continue,
        };
        if asked.insert(name.clone().into_owned(), value).is_some() {
            let problem = format!("{name} is given twice");
            return Err(Failure::new(Type::InvalidEvent, problem));
        }
    }
    Ok(asked)
}

fn of_body(event: &Json) -> Result<Map<String, Json>, Failure> {
    let body = text(event, "/body").unwrap_or_default();
    if body.len() > BODY_LIMIT {
        let problem = format!("the body is longer than {BODY_LIMIT} bytes");
        return Err(Failure::new(Type::EventTooLarge, problem));
    }
    let invalid = |problem: String| Failure::new(Type::InvalidEvent, problem);
    let decoded;
    let is_base64 = event.get("isBase64Encoded").and_then(Json::as_bool);
    let body = match is_base64 {
        None | Some(false) => body.as_bytes(),
        Some(true) => {
            let bytes = BASE64_STANDARD.decode(body);
            decoded = bytes.map_err(|error| invalid(format!("the body is not base64: {error}")))?;
            &decoded
        }
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if !is_json(header(event, "content-type")) {
        return Err(Failure::new(
            Type::UnsupportedMedia,
            "the body's Content-Type is not application/json",
        ));
    }
    match serde_json::from_slice(body) {
        Ok(Json::Object(asked)) => Ok(asked),
        Ok(_) => Err(invalid("the body is not a JSON object".to_owned())),
        Err(error) => Err(invalid(format!("the body is not JSON: {error}"))),
    }
}

fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|content_type| {
        let (media, _) = content_type.split_once(';').unwrap_or((content_type, ""));
        let media = media.trim().to_ascii_lowercase();
        media == "application/json" || media.ends_with("+json")
    })
}

/// A response whose body is a text.
pub(super) fn response(status: u16, format: Format, body: &str) -> Json {
    json!({
        "statusCode": status,
        "headers": headers(format.content_type()),
        "body": body,
        "isBase64Encoded": false,
    })
}

/// A response that says what went wrong, with the status and the headers for it.
pub(super) fn failed(failure: &Failure, request_id: &str) -> Json {
    let status = failure.kind().status();
    let body = json!({"error": failure.json(request_id)}).to_string();
    let mut response = response(status, Format::Json, &body);
    let further = match failure.kind() {
        Type::MethodNotAllowed => ("allow", "GET, POST"),
        Type::PoolTimeout | Type::TooManyConnections => ("retry-after", "1"),
        _ => return response,
    };
    if let Some(headers) = response.get_mut("headers").and_then(Json::as_object_mut) {
        headers.insert(further.0.to_owned(), json!(further.1));
    }
    response
}

/// Rows are one caller's: nobody on the way is to keep them.
fn headers(content_type: &str) -> Json {
    json!({"content-type": content_type, "cache-control": "no-store"})
}

/// What goes before a response that comes in pieces, in place of what is around its body otherwise.
pub(super) fn prelude(response: &Json) -> MetadataPrelude {
    let mut prelude = MetadataPrelude::default();
    let status = response.get("statusCode").and_then(Json::as_u64);
    let status = status.and_then(|status| u16::try_from(status).ok());
    if let Some(Ok(status)) = status.map(StatusCode::from_u16) {
        prelude.status_code = status;
    }
    let headers = response.get("headers").and_then(Json::as_object);
    for (name, value) in headers.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            prelude.headers.insert(name, value);
        }
    }
    prelude
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(method: &str, query: &str, headers: Json, body: &str) -> Json {
        json!({
            "version": "2.0",
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "domainName": "abc.lambda-url.eu-central-1.on.aws",
                "http": {"method": method, "path": "/"},
            },
            "body": body,
            "isBase64Encoded": false,
        })
    }

    fn refused(event: &Json) -> u16 {
        read(event).1.unwrap_err().kind().status()
    }

    #[test]
    fn a_query_and_a_body_ask_for_the_same() {
        let query = "query=by_id&parameters=%5B7,+%22x%22%5D&other=1";
        let asked = json!({"query": "by_id", "parameters": [7, "x"]});
        let got = read(&event("GET", query, json!({}), "")).1.unwrap();
        assert_eq!(Json::Object(got), asked);
        let headers = json!({"Content-Type": "application/json; charset=utf-8"});
        let post = event("POST", "", headers, &asked.to_string());
        assert_eq!(Json::Object(read(&post).1.unwrap()), asked);
        let mut encoded = event(
            "POST",
            "",
            json!({}),
            &BASE64_STANDARD.encode(asked.to_string()),
        );
        encoded["isBase64Encoded"] = json!(true);
        assert_eq!(Json::Object(read(&encoded).1.unwrap()), asked);
        assert!(
            read(&event("POST", "", json!({}), " "))
                .1
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn what_is_refused_has_its_status() {
        let none = json!({});
        assert_eq!(refused(&event("DELETE", "", none.clone(), "")), 405);
        assert_eq!(
            refused(&event("GET", "parameters=7,", none.clone(), "")),
            400
        );
        assert_eq!(
            refused(&event("GET", "query=a&query=b", none.clone(), "")),
            400
        );
        assert_eq!(
            refused(&event("GET", "", json!({"accept": "text/html"}), "")),
            406
        );
        let xml = json!({"content-type": "text/xml"});
        assert_eq!(refused(&event("POST", "", xml, "{}")), 415);
        assert_eq!(refused(&event("POST", "", none.clone(), "[1]")), 400);
        assert_eq!(refused(&event("POST", "", none.clone(), "{")), 400);
        assert_eq!(
            refused(&event("POST", "", none, &" ".repeat(BODY_LIMIT + 1))),
            413
        );
    }

    #[test]
    fn only_a_function_url_s_answer_may_come_in_pieces() {
        let mut api = event("GET", "", json!({"accept": "application/x-ndjson"}), "");
        let format = Format::Ndjson;
        let may_stream = true;
        assert_eq!(read(&api).0, Form::Http { format, may_stream });
        api["requestContext"]["domainName"] = json!("abc.execute-api.eu-central-1.amazonaws.com");
        let may_stream = false;
        assert_eq!(read(&api).0, Form::Http { format, may_stream });
    }
}
