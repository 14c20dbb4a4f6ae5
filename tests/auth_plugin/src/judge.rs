//! Whether a packet holds the token that the settings ask for, and if not, why.

use std::error::Error;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::SystemTime;

use rds_bridge_component::presign::{ConnectRequest, verify};

use crate::rate;
use crate::settings::Settings;

/// The reason for a refusal never holds the token.
pub(crate) fn judge(packet: &[u8], user: &str, settings: &Settings) -> Result<(), String> {
    // `mysql_clear_password` ends it with a NUL.
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

/// An independent opinion: the token on standard input, then what to judge by.
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
        // What it says on standard error goes into the server's log.
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    if let Some(mut input) = process.stdin.take() {
        // One that does not read to the end may still have an opinion.
        let _unread = input.write_all(token);
    }
    let status = process.wait().map_err(failed)?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("the verifier says no: {status}"))
    }
}

/// Unix seconds.
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
