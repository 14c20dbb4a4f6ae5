//! `X-Amz-Date`: a time in the ISO 8601 basic format, in UTC and whole seconds, such as `20161107T173933Z`.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A time within the years 1970 to 9999, in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AmzDate {
    unix_seconds: u64,
    text: String,
}

/// Length of the date without the time, in bytes.
const DAY_LENGTH: usize = 8;

impl AmzDate {
    /// 9999-12-31T23:59:59Z, the last second of a year with four digits.
    pub(super) const MAX_UNIX_SECONDS: u64 = 253_402_300_799;

    /// Formats a Unix time. A time after [`Self::MAX_UNIX_SECONDS`] is formatted as that one.
    pub(super) fn at(unix_seconds: u64) -> Self {
        let unix_seconds = unix_seconds.min(Self::MAX_UNIX_SECONDS);
        let at = i64::try_from(unix_seconds)
            .ok()
            .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (year, month, day) = at.to_calendar_date();
        let (hour, minute, second) = at.to_hms();

        let mut text = String::with_capacity(16);
        // The conversion cannot fail: the year is within 1970 to 9999.
        let year = u16::try_from(year).unwrap_or(0);
        for two_digits in [year / 100, year % 100] {
            push_two_digits(&mut text, u8::try_from(two_digits).unwrap_or(0));
        }
        push_two_digits(&mut text, u8::from(month));
        push_two_digits(&mut text, day);
        text.push('T');
        push_two_digits(&mut text, hour);
        push_two_digits(&mut text, minute);
        push_two_digits(&mut text, second);
        text.push('Z');
        Self { unix_seconds, text }
    }

    /// Parses an `X-Amz-Date`. `None` if it does not have this format, or is before 1970.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        if date.len() != DAY_LENGTH || time.len() != 6 {
            return None;
        }
        let number = |text: &str, range| -> Option<u16> {
            let digits: &str = text.get(range)?;
            let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
            all_digits.then(|| digits.parse().ok())?
        };
        let small = |text: &str, range| u8::try_from(number(text, range)?).ok();
        let date = Date::from_calendar_date(
            i32::from(number(date, 0..4)?),
            Month::try_from(small(date, 4..6)?).ok()?,
            small(date, 6..8)?,
        );
        let time = Time::from_hms(small(time, 0..2)?, small(time, 2..4)?, small(time, 4..6)?);
        let at = PrimitiveDateTime::new(date.ok()?, time.ok()?).assume_utc();
        let unix_seconds = u64::try_from(at.unix_timestamp()).ok()?;
        Some(Self {
            unix_seconds,
            text: text.to_owned(),
        })
    }

    pub(super) fn unix_seconds(&self) -> u64 {
        self.unix_seconds
    }

    /// The date and the time: `20161107T173933Z`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The date without the time, as in the credential scope: `20161107`.
    pub(super) fn day(&self) -> &str {
        self.text.get(..DAY_LENGTH).unwrap_or_default()
    }
}

/// Avoids `format!`, which takes as long as one of the hashes.
fn push_two_digits(text: &mut String, number: u8) {
    for digit in [number / 10, number % 10] {
        text.push(char::from_digit(u32::from(digit), 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_and_reads_the_edges_of_the_calendar() {
        for (seconds, text) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_478_540_373, "20161107T173933Z"),
            (1_704_067_199, "20231231T235959Z"),
            (1_704_067_200, "20240101T000000Z"),
            (4_107_542_400, "21000301T000000Z"),
            (AmzDate::MAX_UNIX_SECONDS, "99991231T235959Z"),
        ] {
            assert_eq!(AmzDate::at(seconds).text(), text);
            assert_eq!(AmzDate::parse(text).unwrap().unix_seconds(), seconds);
        }
    }

    #[test]
    fn reads_nothing_else() {
        for text in [
            "",
            "Z",
            "TZ",
            "20161107T173933",
            "2016-11-07T17:39:33Z",
            "20161107 173933Z",
            "20161307T173933Z",
            "20230229T000000Z",
            "20161107T240000Z",
            "20161107T173960Z",
            "19691231T235959Z",
            "+0161107T173933Z",
            "2016110é173933Z",
            "201611071T73933Z",
        ] {
            assert_eq!(AmzDate::parse(text), None, "{text}");
        }
    }
}
