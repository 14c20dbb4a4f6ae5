//! Content negotiation: chooses the response format from the `Accept` header.
//!
//! Source: RFC 9110, "Accept".

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
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Some(Format::Json);
    };
    let mut best: Option<(Format, f32)> = None;
    for (name, format) in KNOWN {
        let quality = quality_of(name, accept);
        if quality > best.map_or(0.0, |(_, quality)| quality) {
            best = Some((format, quality));
        }
    }
    best.map(|(format, _)| format)
}

/// The quality of a media type according to the most specific range that matches it; 0 if it is not acceptable.
fn quality_of(name: &str, accept: &str) -> f32 {
    let (kind, _) = name.split_once('/').unwrap_or_default();
    let mut found = (0_u8, 0.0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specific = match media.strip_suffix("/*") {
            Some("*") => 1,
            Some(other) if other == kind => 2,
            _ if media == name => 3,
            _ => continue,
        };
        let quality = parts
            .find_map(|parameter| parameter.strip_prefix("q="))
            .and_then(|quality| quality.trim().parse().ok());
        let quality: f32 = quality.unwrap_or(1.0);
        if specific > found.0 {
            found = (specific, quality.clamp(0.0, 1.0));
        }
    }
    found.1
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
