//! A Function URL's request, or an HTTP API's: both have the payload format 2.0.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
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
    let refused = Form::Http {
        format: Format::Json,
        may_stream: false,
    };
    let request: LambdaFunctionUrlRequest = match serde::Deserialize::deserialize(event) {
        Ok(request) => request,
        Err(error) => {
            let problem =
                format!("the event is not an HTTP request of the payload format 2.0: {error}");
            return (refused, Err(Failure::new(Type::InvalidEvent, problem)));
        }
    };
    let accept = header(&request, "accept");
    let Some(format) = negotiate(accept) else {
        let failure = Failure::new(
            Type::NotAcceptable,
            "rows are answered as application/json or application/x-ndjson",
        );
        return (
            refused,
            Err(failure.with_hint("ask for one of them in Accept, or leave it out")),
        );
    };
    let domain = request.request_context.domain_name.as_deref();
    let form = Form::Http {
        format,
        // An HTTP API waits for the whole.
        may_stream: domain.is_some_and(|domain| domain.contains(".lambda-url.")),
    };
    (form, asked(&request))
}

fn asked(request: &LambdaFunctionUrlRequest) -> Result<Map<String, Json>, Failure> {
    let method = request.request_context.http.method.as_deref();
    match method {
        Some("GET") => of_query(request.raw_query_string.as_deref().unwrap_or_default()),
        Some("POST") => of_body(request),
        other => {
            let method = other.unwrap_or("none");
            Err(Failure::new(
                Type::MethodNotAllowed,
                format!("the method is {method}: GET and POST are served"),
            ))
        }
    }
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

fn of_body(request: &LambdaFunctionUrlRequest) -> Result<Map<String, Json>, Failure> {
    let body = request.body.as_deref().unwrap_or_default();
    if body.len() > BODY_LIMIT {
        let problem = format!("the body is longer than {BODY_LIMIT} bytes");
        return Err(Failure::new(Type::EventTooLarge, problem));
    }
    let invalid = |problem: String| Failure::new(Type::InvalidEvent, problem);
    let decoded;
    let body = match request.is_base64_encoded {
        false => body.as_bytes(),
        true => {
            let bytes = BASE64_STANDARD.decode(body);
            decoded = bytes.map_err(|error| invalid(format!("the body is not base64: {error}")))?;
            &decoded
        }
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    if !is_json(header(request, "content-type")) {
        return Err(Failure::new(
            Type::UnsupportedMediaType,
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

/// Names are in lower case in this format; a test's may not be.
fn header<'a>(request: &'a LambdaFunctionUrlRequest, name: &str) -> Option<&'a str> {
    let value = request.headers.get(name)?;
    value.to_str().ok()
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
pub(super) fn headers(content_type: &str) -> Json {
    json!({"content-type": content_type, "cache-control": "no-store"})
}
