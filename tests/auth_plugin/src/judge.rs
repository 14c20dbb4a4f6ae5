//! Decides whether a packet contains a valid token, and if not, why.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use rds_bridge_component::presign::{ConnectRequest, verify};

use crate::rate;
use crate::settings::Settings;

/// Checks a packet against the settings. The error is the reason, and never contains the token.
pub(crate) fn judge(packet: &[u8], user: &str, settings: &Settings) -> Result<(), String> {
    // `mysql_clear_password` terminates the token with a NUL.
    let token = packet.strip_suffix(&[0]).unwrap_or(packet);
    match &settings.verifier {
        Some(command) => ask_verifier(command, token, user, settings),
        None => verify_ourselves(token, user, settings),
    }?;
    match settings.connections_per_second {
        Some(limit) if !rate::allows(limit) => Err("too many new connections".to_owned()),
        _ => Ok(()),
    }
}

fn verify_ourselves(token: &[u8], user: &str, settings: &Settings) -> Result<(), String> {
    let token = str::from_utf8(token).map_err(|_error| "not UTF-8")?;
    let region = settings.region.clone();
    let expected = ConnectRequest::new(&settings.host, settings.port, region, user.to_owned())
        .map_err(|error| chain(&error))?;
    let now = now(settings.clock_offset_seconds).ok_or("the clock is out of range")?;
    verify(token, &settings.credentials, &expected, now).map_err(|rejection| chain(&rejection))?;
    Ok(())
}

/// Runs the verifier, an independent implementation. It reads the token from standard input and has the rest as
/// arguments.
fn ask_verifier(
    command: &[String],
    token: &[u8],
    user: &str,
    settings: &Settings,
) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("the verifier is empty")?;
    let failed = |error: std::io::Error| format!("the verifier: {error}");
    let mut process = Command::new(program)
        .args(arguments)
        .arg(&settings.path)
        .arg(user)
        .stdin(Stdio::piped())
        // Its standard error is the server's error log.
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = process.stdin.take() {
        // A verifier may decide without reading all of its input.
        let _unread = input.write_all(token);
    }
    let status = process.wait().map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the verifier says no: {status}"))
    }
}

/// The current time in Unix seconds, shifted by the offset. `None` if it is out of range.
fn now(offset_seconds: i64) -> Option<u64> {
    let since_1970 = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    since_1970.as_secs().checked_add_signed(offset_seconds)
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
