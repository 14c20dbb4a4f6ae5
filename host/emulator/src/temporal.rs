//! Dates and times as text, in the one form in which they are stored.

use time::{Date, Month, OffsetDateTime};

/// Returns `2024-02-29` for a text of this form, with or without a time of midnight. `None` for any other text.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.strip_suffix(" 00:00:00").unwrap_or(text);
    parse_date(text).map(|_| text.to_owned())
}

/// Returns `2024-02-29 23:59:58.5`, with `digits` fractional digits. `None` if the text has another form, or more
/// significant fractional digits.
pub(super) fn date_time(text: &str, digits: u8) -> Option<String> {
    let (whole, fraction) = split_fraction(text, digits)?;
    let (date, clock) = whole.split_once(' ').unwrap_or((whole, "00:00:00"));
    parse_date(date)?;
    parse_clock(clock)?;
    Some(format!("{date} {clock}{fraction}"))
}

/// Returns `-838:59:59.0`, with `digits` fractional digits. `None` as for [`date_time`].
pub(super) fn time(text: &str, digits: u8) -> Option<String> {
    let (whole, fraction) = split_fraction(text, digits)?;
    let clock = whole.strip_prefix('-').unwrap_or(whole);
    let (hours, rest) = clock.split_once(':')?;
    let is_number = (2..=3).contains(&hours.len()) && hours.bytes().all(|it| it.is_ascii_digit());
    if !is_number || hours.len() == 3 && hours.starts_with('0') {
        return None;
    }
    if hours.parse::<u16>().ok()? > 838 {
        return None;
    }
    parse_clock(&format!("00:{rest}"))?;
    Some(format!("{whole}{fraction}"))
}

/// Splits a text into the part before the fractional seconds, and the fraction with its point and `digits` digits.
/// `None` if the fraction has more significant digits.
fn split_fraction(text: &str, digits: u8) -> Option<(&str, String)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = usize::from(digits);
    let kept = fraction.trim_end_matches('0');
    let are_digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits || fraction.len() > 6 || kept.len() > digits || text.ends_with('.') {
        return None;
    }
    Some(match digits {
        0 => (whole, String::new()),
        digits => (whole, format!(".{kept:0<digits$}")),
    })
}

/// The number of digits of a text's fractional seconds, at most 6.
pub(super) fn fraction_digits(text: &str) -> u8 {
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    u8::try_from(fraction.len().min(6)).unwrap_or(6)
}

/// The current time in UTC, with `digits` fractional digits.
pub(super) fn now(digits: u8) -> String {
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second) = now.to_hms();
    let text = format!(
        "{} {hour:02}:{minute:02}:{second:02}",
        format_date(now.date())
    );
    match usize::from(digits) {
        0 => text,
        digits => {
            let fraction = format!("{:06}", now.microsecond());
            format!("{text}.{}", fraction.get(..digits).unwrap_or(&fraction))
        }
    }
}

pub(super) fn today() -> String {
    format_date(OffsetDateTime::now_utc().date())
}

pub(super) fn format_date(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{year:04}-{:02}-{day:02}", u8::from(month))
}

/// Parses `2024-02-29`. `None` for a text of another form, and for a date that does not exist.
pub(super) fn parse_date(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4)?;
    let month = number(parts.next()?, 2)?;
    let day = number(parts.next()?, 2)?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    // MySQL does not guarantee to support dates before the year 1000.
    if year < 1000 {
        return None;
    }
    Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()
}

/// Parses `23:59:58` into hours, minutes and seconds.
pub(super) fn parse_clock(text: &str) -> Option<(u16, u16, u16)> {
    if text.len() != 8 {
        return None;
    }
    let mut parts = text.split(':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let is_good = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
    is_good.then_some((hour, minute, second))
}

fn number(digits: &str, length: usize) -> Option<u16> {
    let is_number = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_form() {
        assert_eq!(date("2024-02-29").as_deref(), Some("2024-02-29"));
        assert_eq!(date("2024-02-29 00:00:00").as_deref(), Some("2024-02-29"));
        for other in [
            "2023-02-29",
            "2024-2-29",
            "24-02-29",
            "2024-02-29 00:00:01",
            "",
        ] {
            assert_eq!(date(other), None, "{other}");
        }
        let at = |text: &str, digits| date_time(text, digits);
        assert_eq!(at("2024-02-29", 0).as_deref(), Some("2024-02-29 00:00:00"));
        assert_eq!(
            at("2024-02-29 01:02:03.5", 3).as_deref(),
            Some("2024-02-29 01:02:03.500")
        );
        for (other, digits) in [
            ("2024-02-29 01:02:03.5", 0),
            ("2024-02-29 24:00:00", 0),
            ("2024-02-29 1:02:03", 0),
            ("2024-02-29T01:02:03", 0),
            ("2024-02-29 01:02:03.", 3),
        ] {
            assert_eq!(at(other, digits), None, "{other}");
        }
        assert_eq!(time("-01:02:03", 0).as_deref(), Some("-01:02:03"));
        assert_eq!(time("838:59:59", 1).as_deref(), Some("838:59:59.0"));
        for other in ["1:02:03", "839:00:00", "01:60:00", "012:00:00"] {
            assert_eq!(time(other, 0), None, "{other}");
        }
    }
}
