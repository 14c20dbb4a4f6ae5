//! Which of the formats a caller over HTTP wants.
//!
//! RFC 9110, "Accept".

/// How rows are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// One array of objects.
    Json,
    /// An object a line.
    Ndjson,
}

/// What is asked for, the first being the default. There is no registered type for lines of JSON: these are in
/// use.
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

/// The format that is preferred; none if all that is asked for is another. Without the header, JSON.
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

/// By the most specific range that it falls under; 0 if it is not wanted.
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
