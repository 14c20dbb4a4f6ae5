//! Parsing of the expiry of credentials in `AWS_CREDENTIAL_EXPIRATION`.

use time::format_description::well_known::{Rfc2822, Rfc3339};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// Parses a time in any unambiguous form, and returns Unix seconds.
///
/// botocore accepts whatever `dateutil` can parse, and programs rely on that. This accepts RFC 3339 and RFC 2822, and
/// ISO 8601 with `T` or a space, with or without hyphens and colons, with or without a fraction of a second, and with
/// an offset `Z`, `±hh`, `±hhmm` or `±hh:mm`, with or without a space before it. It refuses a time without an offset,
/// whose meaning depends on the machine's time zone.
pub(super) fn unix_seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(text, &Rfc2822))
        .ok()
        .or_else(|| iso_8601(text))?;
    u64::try_from(at.unix_timestamp()).ok()
}

fn iso_8601(text: &str) -> Option<OffsetDateTime> {
    let (date, rest) = text.split_once(['T', 't', ' '])?;
    let (time, offset) = rest.split_at_checked(rest.find(['Z', 'z', '+', '-', ' '])?)?;
    let offset = offset.trim_start();

    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = u8::try_from(day).ok()?;
    let date = Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;

    let (time, fraction) = time.split_once(['.', ',']).unwrap_or((time, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let byte = |number: u32| u8::try_from(number).ok();
    let time = Time::from_hms(byte(hour)?, byte(minute)?, byte(second)?).ok()?;
    Some(OffsetDateTime::new_in_offset(
        date,
        time,
        utc_offset(offset)?,
    ))
}

fn utc_offset(text: &str) -> Option<UtcOffset> {
    if matches!(text, "Z" | "z" | "UTC" | "GMT") {
        return Some(UtcOffset::UTC);
    }
    let (sign, text) = match text.strip_prefix('+') {
        Some(text) => (1, text),
        None => (-1, text.strip_prefix('-')?),
    };
    let [hours, minutes] = match text.len() {
        2 => [numbers(text, ':', [2]).map(|[hours]| hours)?, 0],
        _ => numbers(text, ':', [2, 2])?,
    };
    let signed = |number: u32| i8::try_from(number).ok()?.checked_mul(sign);
    UtcOffset::from_hms(signed(hours)?, signed(minutes)?, 0).ok()
}

/// Parses `N` numbers with the given counts of digits, either all separated by `separator` or all adjacent.
fn numbers<const N: usize>(text: &str, separator: char, digits: [usize; N]) -> Option<[u32; N]> {
    let is_separated = text.contains(separator);
    let mut numbers = [0; N];
    let mut rest = text;
    for (index, (number, digits)) in numbers.iter_mut().zip(digits).enumerate() {
        if index > 0 && is_separated {
            rest = rest.strip_prefix(separator)?;
        }
        let (text, after) = rest.split_at_checked(digits)?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = text.parse().ok()?;
        rest = after;
    }
    rest.is_empty().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_means_one_moment_is_taken() {
        for text in [
            "2026-12-31T12:00:00Z",
            "2026-12-31t12:00:00z",
            "2026-12-31T12:00:00+0000",
            "2026-12-31T12:00:00+00:00",
            "2026-12-31T12:00:00-00",
            "2026-12-31T12:00:00.123456Z",
            "2026-12-31T12:00:00.5+0000",
            "2026-12-31 12:00:00+00:00",
            "2026-12-31 12:00:00Z",
            "2026-12-31 12:00:00 +0000",
            "2026-12-31 12:00:00 UTC",
            "2026-12-31T14:30:00+0230",
            "2026-12-31T04:00:00-08",
            "20261231T120000Z",
            "20261231T120000+0000",
            "Thu, 31 Dec 2026 12:00:00 GMT",
            " 2026-12-31T12:00:00Z ",
        ] {
            assert_eq!(unix_seconds(text), Some(1_798_718_400), "{text}");
        }
    }

    #[test]
    fn what_means_several_or_none_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-12-31",
            "2026-12-31T12:00:00",
            "2026-12-31 12:00:00",
            "2026-12-31T12:00Z",
            "2026-13-31T12:00:00Z",
            "2026-12-31T25:00:00Z",
            "2026-12-31T12:00:00.Z",
            "2026-12-31T12:00:00+",
            "2026-12-31T12:00:00+0",
            "2026-12-31T12:00:00+9900",
            "2026-1231T12:00:00Z",
            "31.12.2026 12:00:00 CET",
            "12/31/2026 12:00:00Z",
            "1798718400",
            "1969-12-31T12:00:00Z",
            "2026-12-31T12:00:00+00:00:00",
            "２０２６-12-31T12:00:00Z",
        ] {
            assert_eq!(unix_seconds(text), None, "{text}");
        }
    }
}
