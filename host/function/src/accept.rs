//! The formats of rows, which a caller over HTTP chooses with the header `Accept`.

use rds_bridge_formats::media_types::preferred;

/// The format of the rows in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One array with an object per row.
    Json,
    /// One object per line.
    Ndjson,
}

/// The supported media types; the first is the default. No type is registered for JSON Lines: these three are the ones
/// in use.
const KNOWN: [(&str, Format); 4] = [
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::Ndjson),
    ("application/ndjson", Format::Ndjson),
    ("application/jsonl", Format::Ndjson),
];

impl Format {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// Returns the preferred format; `None` if the header accepts no supported one. Without the header, or with an empty
/// one, the format is JSON.
pub(super) fn negotiate(accept: Option<&str>) -> Option<Format> {
    match accept.filter(|accept| !accept.trim().is_empty()) {
        Some(accept) => preferred(&KNOWN, accept),
        None => Some(Format::Json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_say() {
        for (accept, format) in [
            (None, Some(Format::Json)),
            (Some(""), Some(Format::Json)),
            (Some("*/*"), Some(Format::Json)),
            (Some("application/*"), Some(Format::Json)),
            (Some("application/x-ndjson"), Some(Format::Ndjson)),
            (Some("Application/JSONL"), Some(Format::Ndjson)),
            (
                Some("text/html, application/json;q=0.9, */*;q=0.8"),
                Some(Format::Json),
            ),
            (
                Some("application/json;q=0.5, application/x-ndjson"),
                Some(Format::Ndjson),
            ),
            (Some("application/json;q=0, */*"), Some(Format::Ndjson)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
        ] {
            assert_eq!(negotiate(accept), format, "{accept:?}");
        }
    }
}
