//! The trace of which a request is a part, in the log.
//!
//! Source: W3C, "Trace Context".

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, info_span};

/// Runs a request with a header `traceparent` in a span with its ids, which all that the request logs is within.
pub(crate) async fn in_trace(request: Request, next: Next) -> Response {
    let mut headers = request.headers().get_all("traceparent").iter();
    let parent = match (headers.next(), headers.next()) {
        (Some(header), None) => header.to_str().ok().and_then(parse),
        _ => None,
    };
    let Some(TraceParent {
        trace_id,
        parent_id,
    }) = parent
    else {
        return next.run(request).await;
    };
    let span = info_span!(target: "rds_bridge_gateway::trace", "request", trace_id, parent_id);
    next.run(request).instrument(span).await
}

#[derive(Debug, PartialEq, Eq)]
struct TraceParent<'a> {
    trace_id: &'a str,
    parent_id: &'a str,
}

/// Reads a header `traceparent`; `None` if it must be ignored.
fn parse(header: &str) -> Option<TraceParent<'_>> {
    let mut parts = header.split('-');
    let (version, trace_id, parent_id, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    // Later versions may have more parts.
    let is_complete = version != "00" || parts.next().is_none();
    let is_valid = is_hex(version, 2)
        && version != "ff"
        && is_id(trace_id, 32)
        && is_id(parent_id, 16)
        && is_hex(flags, 2);
    (is_complete && is_valid).then_some(TraceParent {
        trace_id,
        parent_id,
    })
}

fn is_id(text: &str, length: usize) -> bool {
    is_hex(text, length) && text.bytes().any(|it| it != b'0')
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length
        && text
            .bytes()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn a_header_has_its_ids() {
        let expected = TraceParent {
            trace_id: TRACE,
            parent_id: PARENT,
        };
        assert_eq!(parse(&format!("00-{TRACE}-{PARENT}-01")), Some(expected));
        assert!(parse(&format!("cc-{TRACE}-{PARENT}-01-later")).is_some());
    }

    #[test]
    fn others_are_ignored() {
        let zeros = "0".repeat(32);
        for header in [
            format!("00-{TRACE}-{PARENT}-01-later"),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{zeros}-{PARENT}-01"),
            format!("00-{TRACE}-{}-01", &zeros[..16]),
            format!("00-{TRACE}\n-{PARENT}-01"),
            String::new(),
        ] {
            assert_eq!(parse(&header), None, "{header}");
        }
    }
}
