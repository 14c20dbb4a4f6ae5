//! `rds-bridge inspect`: prints what a token allows, without its secrets.

use std::io::{Read, stdin};
use std::time::{SystemTime, UNIX_EPOCH};

use zeroize::Zeroizing;

use super::error::Error;
use super::output;
use super::sandbox::Sandbox;
use rds_bridge::clock::date;
use rds_bridge::component::{ARGUMENTS_LIMIT_BYTES, Claims, Malformed};
use rds_bridge_text::without_byte_order_mark;

pub(super) fn run() -> Result<(), Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
    // One byte more than the component takes is enough to detect that the input is too long.
    let limit = u64::try_from(ARGUMENTS_LIMIT_BYTES).unwrap_or(u64::MAX);
    stdin()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::Read)?;
    if bytes.len() > ARGUMENTS_LIMIT_BYTES {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        return Err(Error::Malformed(Malformed::TooLong(length)));
    }
    // Some shells put a byte order mark before what they pipe.
    let bytes = without_byte_order_mark(&bytes);
    let text = str::from_utf8(bytes).map_err(|error| {
        let offset = u32::try_from(error.valid_up_to()).unwrap_or(u32::MAX);
        Error::Malformed(Malformed::InvalidEncoding(offset))
    })?;

    let claims = Sandbox::new()?.instantiate()?.inspect(text.trim())?;
    output::print(&report(&claims))
}

fn report(claims: &Claims) -> String {
    let state = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(now) if now.as_secs() >= claims.valid_until => "expired",
        Ok(now) if now.as_secs() < claims.signed_at => {
            "not yet: the clock of this machine or of the signer is wrong"
        }
        Ok(_) => "yes, if the credentials that signed it still are",
        Err(_) => "unknown: this clock is before 1970",
    };
    let Claims {
        host,
        port,
        region,
        db_user,
        access_key_id,
        signed_at,
        expires_in_seconds,
        valid_until,
        has_session_token,
    } = claims;
    let credentials = if *has_session_token {
        "temporary (with a session token)"
    } else {
        "long-term (no session token)"
    };
    let signed_at = date(*signed_at);
    let valid_until = date(*valid_until);
    let db_user = db_user.escape_debug();
    let access_key_id = access_key_id.escape_debug();
    format!(
        "host:          {host}\n\
         port:          {port}\n\
         user:          {db_user}\n\
         region:        {region}\n\
         access key id: {access_key_id}\n\
         credentials:   {credentials}\n\
         signed at:     {signed_at}\n\
         expires in:    {expires_in_seconds} s\n\
         valid until:   {valid_until}\n\
         valid now:     {state}\n\
         signature:     not shown, not verified\n"
    )
}
