//! MySQL's dates and times, including zero dates, and times that are negative or longer than a day.

mod text;

/// `DATE`. It may be the zero date, or have a month or day of zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 0 to 9999
    pub year: u16,
    /// 0 to 12
    pub month: u8,
    /// 0 to 31
    pub day: u8,
}

/// `DATETIME`, or `TIMESTAMP` in the session's time zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime {
    /// The date.
    pub date: Date,
    /// 0 to 23
    pub hour: u8,
    /// 0 to 59
    pub minute: u8,
    /// 0 to 59
    pub second: u8,
    /// 0 to 999,999
    pub microsecond: u32,
}

/// `TIME`: a span of time from −838:59:59 to 838:59:59.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Time {
    /// Whether the span is negative.
    pub negative: bool,
    /// 0 to 838
    pub hours: u32,
    /// 0 to 59
    pub minutes: u8,
    /// 0 to 59
    pub seconds: u8,
    /// 0 to 999,999
    pub microseconds: u32,
}

impl Date {
    /// Parses a date such as `2026-01-31`; `None` for any other text. The ranges of month and day are not checked.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (year, rest) = number(text)?;
        let (month, rest) = number(rest.strip_prefix(b"-")?)?;
        let (day, rest) = number(rest.strip_prefix(b"-")?)?;
        if !rest.is_empty() {
            return None;
        }
        Some(Self {
            year: u16::try_from(year).ok()?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
        })
    }

    /// Decodes `ProtocolBinary::MYSQL_TYPE_DATE` without its length: 0 or 4 bytes.
    fn from_binary(bytes: &[u8]) -> Option<Self> {
        match *bytes {
            [] => Some(Self::default()),
            [low, high, month, day] => Some(Self {
                year: u16::from_le_bytes([low, high]),
                month,
                day,
            }),
            _ => None,
        }
    }
}

impl DateTime {
    /// Parses a date and time such as `2026-01-31 12:00:00.000000`, with a fraction of up to six digits or none; `None`
    /// for any other text. The ranges of the parts are not checked.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if let Ok(text) = text.try_into()
            && let Some(plain) = Self::parse_plain(text)
        {
            return Some(plain);
        }
        let (date, clock) = text.split_at_checked(10)?;
        let time = Time::parse(clock.strip_prefix(b" ")?)?;
        Some(Self {
            date: Date::parse(date)?,
            hour: u8::try_from(time.hours).ok()?,
            minute: time.minutes,
            second: time.seconds,
            microsecond: time.microseconds,
        })
    }

    /// A fast path for the most common form: no fraction, and every part at its full width. `None` for any other form,
    /// which may be valid.
    fn parse_plain(text: &[u8; 19]) -> Option<Self> {
        let &[
            y0,
            y1,
            y2,
            y3,
            b'-',
            m0,
            m1,
            b'-',
            d0,
            d1,
            b' ',
            h0,
            h1,
            b':',
            n0,
            n1,
            b':',
            s0,
            s1,
        ] = text
        else {
            return None;
        };
        let date = Date {
            year: u16::from(two_digits(y0, y1)?)
                .wrapping_mul(100)
                .wrapping_add(u16::from(two_digits(y2, y3)?)),
            month: two_digits(m0, m1)?,
            day: two_digits(d0, d1)?,
        };
        Some(Self {
            date,
            hour: two_digits(h0, h1)?,
            minute: two_digits(n0, n1)?,
            second: two_digits(s0, s1)?,
            microsecond: 0,
        })
    }

    /// Decodes `ProtocolBinary::MYSQL_TYPE_DATETIME` without its length: 0, 4, 7 or 11 bytes. `None` for another
    /// length.
    #[must_use]
    pub fn from_binary(bytes: &[u8]) -> Option<Self> {
        // A fast path for the most common length: no fraction.
        if let &[low, high, month, day, hour, minute, second] = bytes {
            let year = u16::from_le_bytes([low, high]);
            return Some(Self {
                date: Date { year, month, day },
                hour,
                minute,
                second,
                microsecond: 0,
            });
        }
        let (date, clock) = bytes.split_at_checked(bytes.len().min(4))?;
        let date = Date::from_binary(date)?;
        let (clock, fraction) = clock.split_at_checked(clock.len().min(3))?;
        let (hour, minute, second) = match *clock {
            [] => (0, 0, 0),
            [hour, minute, second] => (hour, minute, second),
            _ => return None,
        };
        Some(Self {
            date,
            hour,
            minute,
            second,
            microsecond: microseconds(fraction)?,
        })
    }
}

impl Time {
    /// Parses a time such as `-838:59:59.000000`, with a fraction of up to six digits or none; `None` for any other
    /// text. The ranges of the parts are not checked.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (hours, rest) = number(text)?;
        let (minutes, rest) = number(rest.strip_prefix(b":")?)?;
        let (seconds, rest) = number(rest.strip_prefix(b":")?)?;
        Some(Self {
            negative,
            hours,
            minutes: u8::try_from(minutes).ok()?,
            seconds: u8::try_from(seconds).ok()?,
            microseconds: fraction(rest)?,
        })
    }

    /// Decodes `ProtocolBinary::MYSQL_TYPE_TIME` without its length: 0, 8 or 12 bytes. `None` for another length.
    #[must_use]
    pub fn from_binary(bytes: &[u8]) -> Option<Self> {
        let Some((whole, fraction)) = bytes.split_first_chunk::<8>() else {
            return bytes.is_empty().then(Self::default);
        };
        let [negative, d0, d1, d2, d3, hours, minutes, seconds] = *whole;
        let days = u32::from_le_bytes([d0, d1, d2, d3]);
        Some(Self {
            negative: negative != 0,
            hours: days.checked_mul(24)?.checked_add(u32::from(hours))?,
            minutes,
            seconds,
            microseconds: microseconds(fraction)?,
        })
    }
}

impl DateTime {
    /// The time of day, without the date.
    pub(super) fn time_of_day(self) -> Time {
        Time {
            negative: false,
            hours: self.hour.into(),
            minutes: self.minute,
            seconds: self.second,
            microseconds: self.microsecond,
        }
    }
}

impl Date {
    pub(crate) fn write_binary(self, payload: &mut Vec<u8>) {
        payload.push(4); // int<1> length
        self.write_fields(payload);
    }

    fn write_fields(self, payload: &mut Vec<u8>) {
        payload.extend(self.year.to_le_bytes()); // int<2>
        payload.extend([self.month, self.day]); // int<1>, int<1>
    }
}

impl DateTime {
    pub(crate) fn write_binary(&self, payload: &mut Vec<u8>) {
        payload.push(11); // int<1> length
        self.date.write_fields(payload);
        payload.extend([self.hour, self.minute, self.second]); // int<1> each
        payload.extend(self.microsecond.to_le_bytes()); // int<4>
    }
}

impl Time {
    pub(crate) fn write_binary(&self, payload: &mut Vec<u8>) {
        let (days, hours) = (self.hours / 24, self.hours % 24);
        payload.push(12); // int<1> length
        payload.push(self.negative.into()); // int<1> is_negative
        payload.extend(days.to_le_bytes()); // int<4>
        // Less than 24, so it fits.
        payload.push(u8::try_from(hours).unwrap_or_default()); // int<1>
        payload.extend([self.minutes, self.seconds]); // int<1> each
        payload.extend(self.microseconds.to_le_bytes()); // int<4>
    }
}

/// Decodes the date of a value in the layout of `DATE` or `DATETIME`; empty is the zero date.
pub(crate) fn date_from_binary(bytes: &[u8]) -> Option<Date> {
    DateTime::from_binary(bytes).map(|it| it.date)
}

fn microseconds(bytes: &[u8]) -> Option<u32> {
    match *bytes {
        [] => Some(0),
        [a, b, c, d] => Some(u32::from_le_bytes([a, b, c, d])),
        _ => None,
    }
}

fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| tens.wrapping_mul(10).wrapping_add(ones))
}

/// Parses the digits at the beginning of `text`, one to nine, and returns the rest.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    let (number, rest) = text.split_at_checked(digits)?;
    let number = u32::try_from(super::decimal::few(number)?).ok()?;
    Some((number, rest))
}

/// Parses a point and up to six digits as microseconds; 0 for an empty text.
fn fraction(text: &[u8]) -> Option<u32> {
    let Some(digits) = text.strip_prefix(b".") else {
        return text.is_empty().then_some(0);
    };
    let (value, rest) = number(digits)?;
    let missing = 6_u32.checked_sub(u32::try_from(digits.len()).ok()?)?;
    rest.is_empty()
        .then(|| value.checked_mul(10_u32.pow(missing)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_there_and_back() {
        for text in [
            "2026-01-31 23:59:58.000001",
            "0000-00-00 00:00:00",
            "2026-00-00 01:02:03",
        ] {
            assert_eq!(DateTime::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in [
            "-838:59:59",
            "838:59:59.000010",
            "00:00:00",
            "-00:00:00.500000",
        ] {
            assert_eq!(Time::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Date::parse(b"0000-00-00"), Some(Date::default()));
    }

    #[test]
    fn every_binary_length() {
        assert_eq!(DateTime::from_binary(b""), Some(DateTime::default()));
        let day = DateTime::from_binary(b"\xEA\x07\x01\x1F").unwrap();
        assert_eq!(day.to_string(), "2026-01-31 00:00:00");
        let whole = DateTime::from_binary(b"\xEA\x07\x01\x1F\x01\x02\x03\x40\x42\x0F\x00").unwrap();
        assert_eq!(whole.microsecond, 1_000_000);
        assert_eq!(DateTime::from_binary(b"\xEA\x07\x01"), None);
        let time = Time::from_binary(b"\x01\x02\x00\x00\x00\x03\x04\x05").unwrap();
        assert_eq!(time.to_string(), "-51:04:05");
        assert_eq!(Time::from_binary(b"\x01"), None);
        assert_eq!(Time::from_binary(b"\x00\xFF\xFF\xFF\xFF\x00\x00\x00"), None);
    }

    #[test]
    fn binary_there_and_back() {
        let date = Date {
            year: 2026,
            month: 12,
            day: 31,
        };
        let date_time = DateTime {
            date,
            hour: 23,
            minute: 59,
            second: 58,
            microsecond: 999_999,
        };
        let time = Time {
            negative: true,
            hours: 838,
            minutes: 59,
            seconds: 1,
            microseconds: 7,
        };
        let mut payload = Vec::new();
        date.write_binary(&mut payload);
        assert_eq!(date_from_binary(&payload[1..]), Some(date));
        payload.clear();
        date_time.write_binary(&mut payload);
        assert_eq!(usize::from(payload[0]), payload.len() - 1);
        assert_eq!(DateTime::from_binary(&payload[1..]), Some(date_time));
        payload.clear();
        time.write_binary(&mut payload);
        assert_eq!(usize::from(payload[0]), payload.len() - 1);
        assert_eq!(Time::from_binary(&payload[1..]), Some(time));
    }

    #[test]
    fn garbage_is_none() {
        for text in ["", "x", "2026-01", "2026-01-31x", "99999999999-01-01"] {
            assert_eq!(Date::parse(text.as_bytes()), None, "{text}");
        }
        for text in ["", "1", "1:2", "1:2:3.", "1:2:3.1234567", "1:2:999"] {
            assert_eq!(Time::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(DateTime::parse("2026-01-3é 1:2:3".as_bytes()), None);
    }
}
