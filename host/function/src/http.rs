//! HTTP requests of a Function URL or an HTTP API: both use the payload format 2.0.

use std::net::IpAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_runtime::MetadataPrelude;
use serde_json::value::RawValue;
use serde_json::{Value as Json, json};

use super::accept::{Format, negotiate};
use super::event_form::{Form, HOW};
use super::failure::{Failure, Type};
use super::keys::{Keys, NotKeys, raw_text};
use super::quoted::quoted;

/// The longest body, in bytes. No sensible statement needs more.
const BODY_LIMIT: usize = 1 << 20;

/// The name of the caller that Lambda or API Gateway has authenticated; `None` if the URL or the route authenticates
/// nothing. The part before the colon says which `authorizer` it is.
///
/// Sources: AWS Lambda Developer Guide, "Request payload format"; Amazon API Gateway Developer Guide, "Create AWS
/// Lambda proxy integrations for HTTP APIs".
pub(super) fn identity(keys: &Keys) -> Option<String> {
    let authorizer = keys.request_context().get("authorizer")?;
    let text = |pointer: &str| {
        authorizer
            .pointer(pointer)?
            .as_str()
            .filter(|it| !it.is_empty())
    };
    if let Some(arn) = text("/iam/userArn") {
        return Some(format!("iam:{arn}"));
    }
    if let Some(subject) = text("/jwt/claims/sub") {
        return Some(format!("jwt:{subject}"));
    }
    let of_function = authorizer.get("lambda").filter(|it| it.is_object());
    of_function.map(|_| format!("lambda:{}", text("/lambda/principalId").unwrap_or_default()))
}

/// The address from which the request came, as AWS has seen it.
pub(super) fn source(keys: &Keys) -> Option<IpAddr> {
    let address = keys.request_context().pointer("/http/sourceIp")?.as_str()?;
    address.parse().ok()
}

/// Whether the response to the request can be streamed: an HTTP API waits for the complete one.
pub(super) fn may_stream(keys: &Keys) -> bool {
    let domain = keys
        .request_context()
        .get("domainName")
        .and_then(Json::as_str);
    domain.is_some_and(|domain| domain.contains(".lambda-url."))
}

pub(super) fn is_http(keys: &Keys) -> bool {
    keys.request_context()
        .get("http")
        .is_some_and(Json::is_object)
}

/// Whether the event is an HTTP request in another format: of a REST API (format 1.0), or of a load balancer.
pub(super) fn is_of_another_version(keys: &Keys) -> bool {
    keys.has("requestContext") && keys.has("httpMethod")
}

/// The parts of an HTTP event that define the request.
struct Event<'a> {
    context: &'a Json,
    headers: Json,
    query: String,
    body: String,
    is_base64: bool,
}

/// Reads the form of the response, and the request as the keys that a direct event would have.
pub(super) fn read(keys: &Keys) -> (Form, Result<Keys, Failure>) {
    let text = |name: &str| keys.text(name).ok().flatten().unwrap_or_default();
    let event = Event {
        context: keys.request_context(),
        headers: keys.json("headers"),
        query: text("rawQueryString"),
        body: text("body"),
        is_base64: keys.json("isBase64Encoded") == true,
    };
    let may_stream = may_stream(keys);
    let Some(format) = negotiate(event.header("accept")) else {
        let failure = Failure::new(
            Type::NotAcceptable,
            "the Accept header allows neither application/json nor application/x-ndjson",
        );
        let form = Form::Http {
            format: Format::Json,
            may_stream,
        };
        return (
            form,
            Err(failure.with_hint("accept one of these types, or omit the header")),
        );
    };
    let form = Form::Http { format, may_stream };
    (form, asked(&event))
}

fn asked(event: &Event<'_>) -> Result<Keys, Failure> {
    match event.context.pointer("/http/method").and_then(Json::as_str) {
        Some("GET") if !event.body.is_empty() => {
            Err(misplaced("the body", "GET", "the query string"))
        }
        Some("GET") => read_query(&event.query),
        Some("POST") if !event.query.is_empty() => {
            Err(misplaced("the query string", "POST", "the body"))
        }
        Some("POST") => read_body(event),
        other => {
            let method = quoted(other.unwrap_or_default());
            Err(Failure::new(
                Type::MethodNotAllowed,
                format!("the method is {method}, but only GET and POST are supported"),
            ))
        }
    }
}

/// An ignored body or query string would silently execute the default statement, so it is refused.
fn misplaced(found: &str, method: &str, right: &str) -> Failure {
    let problem = format!("{found} of a {method} request must be empty: put the keys into {right}");
    Failure::new(Type::InvalidEvent, problem).with_hint(HOW)
}

impl Event<'_> {
    /// Looks a header up, ignoring case: this format has lower-case names, but a hand-written event may not.
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.as_object()?.iter();
        let (_, value) = headers.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
        value.as_str()
    }
}

/// Reads a query string such as `?query=by_id&parameters=[7]`, percent-encoded.
fn read_query(query: &str) -> Result<Keys, Failure> {
    let mut asked = Keys::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            "parameters" => RawValue::from_string(value.into_owned()).map_err(|error| {
                let problem = format!("parameters is not a JSON array: {error}");
                Failure::new(Type::InvalidParameters, problem).with_hint(
                    "encode the array as in ?query=by_id&parameters=%5B7%5D, which is [7]",
                )
            })?,
            _ => raw_text(&value).unwrap_or_default(),
        };
        if !asked.add(&name, value) {
            let problem = format!("{} occurs twice", quoted(&name));
            return Err(Failure::new(Type::InvalidEvent, problem));
        }
    }
    Ok(asked)
}

fn read_body(event: &Event<'_>) -> Result<Keys, Failure> {
    let body = &event.body;
    if body.len() > BODY_LIMIT {
        let problem = format!("the body is longer than {BODY_LIMIT} bytes");
        return Err(Failure::new(Type::EventTooLarge, problem));
    }
    let invalid = |problem: String| Failure::new(Type::InvalidEvent, problem).with_hint(HOW);
    let decoded;
    let body = match event.is_base64 {
        false => body,
        true => {
            let bytes = BASE64_STANDARD.decode(body);
            let bytes =
                bytes.map_err(|error| invalid(format!("the body is not base64: {error}")))?;
            let text = String::from_utf8(bytes);
            decoded = text.map_err(|_| invalid("the body is not UTF-8".to_owned()))?;
            &decoded
        }
    };
    // RFC 8259, "Character Encoding": a reader may ignore a byte order mark.
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    if body.bytes().all(|byte| byte.is_ascii_whitespace()) {
        return Ok(Keys::default());
    }
    if !is_json(event.header("content-type")) {
        return Err(Failure::new(
            Type::UnsupportedMedia,
            "the body's Content-Type is not application/json",
        ));
    }
    Keys::read(body).map_err(|problem| {
        invalid(match problem {
            NotKeys::NotAnObject => "the body is not a JSON object".to_owned(),
            NotKeys::NotJson(error) => format!("the body is not JSON: {error}"),
        })
    })
}

fn is_json(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|content_type| {
        let (media, _) = content_type.split_once(';').unwrap_or((content_type, ""));
        let media = media.trim().to_ascii_lowercase();
        media == "application/json" || media.ends_with("+json")
    })
}

/// A buffered response with a text body.
pub(super) fn response(status: u16, format: Format, body: &str) -> Json {
    json!({
        "statusCode": status,
        "headers": headers(format.content_type()),
        "body": body,
        "isBase64Encoded": false,
    })
}

/// The response for a failure, with its status and headers.
pub(super) fn failed(failure: &Failure, request_id: &str) -> Json {
    let status = failure.kind().status();
    let body = json!({"error": failure.public_json(request_id)}).to_string();
    let mut response = response(status, Format::Json, &body);
    let further = match failure.kind() {
        Type::MethodNotAllowed => ("allow", "GET, POST"),
        Type::Unauthenticated => ("www-authenticate", "Basic realm=\"rds-bridge\""),
        Type::PoolTimeout | Type::TooManyConnections => ("retry-after", "1"),
        _ => return response,
    };
    if let Some(headers) = response.get_mut("headers").and_then(Json::as_object_mut) {
        headers.insert(further.0.to_owned(), json!(further.1));
    }
    response
}

/// `no-store`: the rows are for one caller, and no cache on the path may keep them.
fn headers(content_type: &str) -> Json {
    json!({"content-type": content_type, "cache-control": "no-store"})
}

/// The prelude of a streamed response: the status and headers of the same response in buffered form.
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

    fn read(event: &Json) -> (Form, Result<Keys, Failure>) {
        super::read(&Keys::read(&event.to_string()).unwrap())
    }

    fn asked(event: &Json) -> Json {
        let keys = read(event).1.unwrap();
        keys.names()
            .map(|name| (name.to_owned(), keys.json(name)))
            .collect()
    }

    fn refused(event: &Json) -> u16 {
        read(event).1.unwrap_err().kind().status()
    }

    #[test]
    fn a_query_and_a_body_ask_for_the_same() {
        let query = "query=by_id&parameters=%5B7,+%22x%22%5D&other=1";
        let expected = json!({"query": "by_id", "parameters": [7, "x"], "other": "1"});
        assert_eq!(asked(&event("GET", query, json!({}), "")), expected);
        let headers = json!({"Content-Type": "application/json; charset=utf-8"});
        let text = expected.to_string();
        assert_eq!(asked(&event("POST", "", headers, &text)), expected);
        let marked = format!("\u{feff}{text}");
        assert_eq!(asked(&event("POST", "", json!({}), &marked)), expected);
        let mut encoded = event("POST", "", json!({}), &BASE64_STANDARD.encode(marked));
        encoded["isBase64Encoded"] = json!(true);
        assert_eq!(asked(&encoded), expected);
        assert_eq!(asked(&event("POST", "", json!({}), " ")), json!({}));
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
    fn an_authorizer_names_the_caller() {
        let named = |authorizer: Json| {
            let event = json!({"requestContext": {"authorizer": authorizer}});
            identity(&Keys::read(&event.to_string()).unwrap())
        };
        let arn = "arn:aws:iam::111122223333:user/example-user";
        for (authorizer, name) in [
            (json!({"iam": {"userArn": arn}}), Some(format!("iam:{arn}"))),
            (
                json!({"jwt": {"claims": {"sub": "u1"}, "scopes": null}}),
                Some("jwt:u1".into()),
            ),
            (
                json!({"lambda": {"principalId": "p"}}),
                Some("lambda:p".into()),
            ),
            (json!({"lambda": {}}), Some("lambda:".into())),
            (json!(null), None),
            (json!({}), None),
            (
                json!({"iam": null, "jwt": {"claims": {}}, "lambda": null}),
                None,
            ),
            (json!({"iam": {"userArn": ""}}), None),
        ] {
            assert_eq!(named(authorizer.clone()), name, "{authorizer}");
        }
        assert_eq!(identity(&Keys::default()), None);
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
