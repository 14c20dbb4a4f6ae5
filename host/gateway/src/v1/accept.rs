//! The formats of rows, which a client chooses with the header `Accept`.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use rds_bridge_formats::media_types::preferred;

/// The format of the rows in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One array with an object per row.
    Json,
    /// One object per line.
    Ndjson,
    Csv,
    #[cfg(feature = "arrow")]
    ArrowStream,
}

/// The supported media types; the first is the default. No type is registered for JSON Lines: these three are the ones
/// in use.
const KNOWN: &[(&str, Format)] = &[
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("application/jsonl", Format::Ndjson),
    ("text/csv", Format::Csv),
    #[cfg(feature = "arrow")]
    ("application/vnd.apache.arrow.stream", Format::ArrowStream),
];

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            #[cfg(feature = "arrow")]
            Self::ArrowStream => "application/vnd.apache.arrow.stream",
        }
    }
}

/// The supported media types, for the error of a client that accepts no supported one.
pub(super) fn offered() -> String {
    let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

/// Whether the header accepts JSON.
pub(super) fn allows_json(headers: &HeaderMap) -> bool {
    let is_allowed = |accept: &str| preferred(&[("application/json", ())], accept).is_some();
    accepted(headers).is_some_and(|accept| accept.is_empty() || is_allowed(&accept))
}

/// Returns the preferred format; `None` if the header accepts no supported one. Without the header, or with an empty
/// one, the format is JSON.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Format> {
    let accept = accepted(headers)?;
    match accept.is_empty() {
        true => Some(Format::Json),
        false => preferred(KNOWN, &accept),
    }
}

/// The values of the header; `None` if they are not text.
fn accepted(headers: &HeaderMap) -> Option<String> {
    let values: Result<Vec<&str>, _> = headers
        .get_all(ACCEPT)
        .iter()
        .map(|it| it.to_str())
        .collect();
    Some(values.ok()?.join(",").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn negotiated(accept: &[&str]) -> Option<Format> {
        let mut headers = HeaderMap::new();
        for value in accept {
            headers.append(ACCEPT, value.parse().unwrap());
        }
        negotiate(&headers)
    }

    #[test]
    fn what_clients_say() {
        assert_eq!(negotiated(&[]), Some(Format::Json));
        for (accept, format) in [
            ("", Some(Format::Json)),
            ("*/*", Some(Format::Json)),
            ("application/*", Some(Format::Json)),
            ("application/x-ndjson", Some(Format::Ndjson)),
            ("Application/JSONL", Some(Format::Ndjson)),
            ("text/csv", Some(Format::Csv)),
            ("text/*", Some(Format::Csv)),
            (
                "text/html, application/json;q=0.9, */*;q=0.8",
                Some(Format::Json),
            ),
            ("application/json;q=0.5, text/csv", Some(Format::Csv)),
            ("application/json;q=0, application/*", Some(Format::Ndjson)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json;q=NaN", None),
            ("é", None),
        ] {
            assert_eq!(negotiated(&[accept]), format, "{accept}");
        }
        let two = ["text/html", "text/csv"];
        assert_eq!(negotiated(&two), Some(Format::Csv));
    }

    #[cfg(feature = "arrow")]
    #[test]
    fn arrow() {
        let accept = ["application/vnd.apache.arrow.stream"];
        assert_eq!(negotiated(&accept), Some(Format::ArrowStream));
    }
}
