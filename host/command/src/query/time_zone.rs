//! `--time-zone`: the session's `time_zone`.
//!
//! MySQL Reference Manual, "MySQL Server Time Zone Support".

use rds_bridge::mysql::Connection;

/// Parses an offset or a name. It becomes part of a statement, so nothing else may pass.
pub(super) fn parse(zone: &str) -> Result<String, String> {
    let is_of_name =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'+' | b'-');
    let is_name = zone.len() <= 64
        && zone.starts_with(|first: char| first.is_ascii_alphabetic())
        && zone.bytes().all(is_of_name);
    if is_name || is_offset(zone) {
        Ok(zone.to_owned())
    } else {
        Err("expected an offset such as +02:00, or a name such as Europe/Berlin".to_owned())
    }
}

/// Whether it has the form of an offset. MySQL accepts `-13:59` to `+14:00`, and refuses others with error 1298.
fn is_offset(zone: &str) -> bool {
    match zone.as_bytes() {
        [b'+' | b'-', hours @ .., b':', ten, one] => {
            matches!(hours.len(), 1..=2)
                && hours.iter().all(u8::is_ascii_digit)
                && matches!(ten, b'0'..=b'5')
                && one.is_ascii_digit()
        }
        _ => false,
    }
}

pub(super) async fn set(connection: &mut Connection, zone: &str) -> Result<(), rds_bridge::Error> {
    let sql = format!("SET time_zone = '{zone}'");
    connection.execute(&sql, ()).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_names() {
        for zone in [
            "+00:00",
            "-3:30",
            "UTC",
            "SYSTEM",
            "Europe/Berlin",
            "Etc/GMT+5",
        ] {
            assert_eq!(parse(zone).unwrap(), zone);
        }
        for zone in [
            "",
            "+1",
            "+00:60",
            "0:00",
            "a'b",
            "Europe/Berlin' OR 1",
            "+00:00:00",
            "é",
        ] {
            assert!(parse(zone).is_err(), "{zone}");
        }
    }
}
