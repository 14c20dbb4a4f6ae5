//! `X-Amz-Date`: the time of signing, in the ISO 8601 basic format, such as `20161107T173933Z`.

use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use time::{Date, Month, PrimitiveDateTime, Time};

use super::{AMZ_DATE, SignatureError};

/// The time of signing, in whole seconds of UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AmzDate {
    text: String,
    at: SystemTime,
}

impl AmzDate {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let mut values = headers.get_all(AMZ_DATE).iter();
        let only = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        };
        only.and_then(Self::parse).ok_or(SignatureError::Date)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        if date.len() != 8 || time.len() != 6 {
            return None;
        }
        let small = |text: &str, range| u8::try_from(number(text, range)?).ok();
        let date = Date::from_calendar_date(
            i32::from(number(date, 0..4)?),
            Month::try_from(small(date, 4..6)?).ok()?,
            small(date, 6..8)?,
        );
        let time = Time::from_hms(small(time, 0..2)?, small(time, 2..4)?, small(time, 4..6)?);
        let seconds = PrimitiveDateTime::new(date.ok()?, time.ok()?)
            .assume_utc()
            .unix_timestamp();
        let since_epoch = Duration::from_secs(u64::try_from(seconds).ok()?);
        Some(Self {
            text: text.to_owned(),
            at: SystemTime::UNIX_EPOCH.checked_add(since_epoch)?,
        })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The date without the time: `yyyymmdd`.
    pub(super) fn day(&self) -> &str {
        self.text.split('T').next().unwrap_or_default()
    }

    /// How far it is from `other`, in either direction.
    pub(super) fn distance(&self, other: SystemTime) -> Duration {
        match self.at.duration_since(other) {
            Ok(later) => later,
            Err(earlier) => earlier.duration(),
        }
    }
}

fn number(text: &str, range: std::ops::Range<usize>) -> Option<u16> {
    let digits = text.get(range)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        digits.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_basic_format_and_nothing_else() {
        let date = AmzDate::parse("20150830T123600Z").unwrap();
        assert_eq!(date.day(), "20150830");
        let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        assert_eq!(date.at, expected);
        for wrong in [
            "",
            "20150830T123600",
            "2015-08-30T12:36:00Z",
            "20150830T126000Z",
            "20151330T123600Z",
            "20150230T123600Z",
            "+2150830T123600Z",
            "20150830T1236000Z",
            "19690830T123600Z",
            "２０150830T123600Z",
        ] {
            assert_eq!(AmzDate::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_distance_has_no_direction() {
        let date = AmzDate::parse("20150830T123600Z").unwrap();
        let second = Duration::from_secs(1);
        assert_eq!(date.distance(date.at + second), second);
        assert_eq!(date.distance(date.at - second), second);
    }
}
