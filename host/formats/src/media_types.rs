//! Content negotiation: chooses a media type from the header `Accept` of a request.
//!
//! Source: RFC 9110, "Accept".

/// Returns the value of the media type that the header prefers; `None` if it accepts none of them. Names are in lower
/// case. Of several that are equally acceptable, the first is returned.
///
/// ```
/// use rds_bridge_formats::media_types::preferred;
///
/// let offered = [("application/json", 1), ("text/csv", 2)];
/// assert_eq!(preferred(&offered, "text/html, text/*;q=0.9, */*;q=0.8"), Some(2));
/// assert_eq!(preferred(&offered, "*/*"), Some(1));
/// assert_eq!(preferred(&offered, "text/html"), None);
/// ```
#[must_use]
pub fn preferred<T: Copy>(offered: &[(&str, T)], accept: &str) -> Option<T> {
    let mut best: Option<(T, f32)> = None;
    for (name, value) in offered {
        let quality = quality_of(name, accept);
        if quality > best.map_or(0.0, |(_, quality)| quality) {
            best = Some((*value, quality));
        }
    }
    best.map(|(value, _)| value)
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
            .find_map(|parameter| {
                parameter
                    .strip_prefix("q=")
                    .or_else(|| parameter.strip_prefix("Q="))
            })
            .and_then(|quality| quality.trim().parse().ok());
        let quality: f32 = quality.unwrap_or(1.0);
        if specific > found.0 {
            found = (specific, quality.clamp(0.0, 1.0));
        }
    }
    found.1
}
