//! `rds-bridge inspect`: prints what a token allows, without its secrets.

use std::io::{Read, stdin};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use zeroize::Zeroizing;

use super::error::Error;
use super::output;
use super::query::terminal::escaped_json;
use super::sandbox::Sandbox;
use rds_bridge::clock::date;
use rds_bridge::component::{ARGUMENTS_LIMIT_BYTES, Claims, Malformed};
use rds_bridge_text::without_byte_order_mark;

#[derive(Args, Debug)]
pub(super) struct Inspect {
    /// Token to read [default: standard input]
    ///
    /// Prefer standard input: other users of this machine can see arguments while the command runs.
    #[arg(value_name = "TOKEN")]
    token: Option<String>,

    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Inspect) -> Result<(), Error> {
    let bytes = match &arguments.token {
        Some(token) => Zeroizing::new(token.clone().into_bytes()),
        None => read()?,
    };
    if bytes.len() > ARGUMENTS_LIMIT_BYTES {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        return Err(Error::Malformed(Malformed::TooLong(length)));
    }
    // Some shells put a byte order mark before what they pipe.
    let bytes = without_byte_order_mark(&bytes);
    let text = str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        Error::TokenNotUtf8 { offset }
    })?;

    let claims = Sandbox::new()?.instantiate()?.inspect(text.trim())?;
    let validity = Validity::now(&claims);
    if arguments.json {
        return output::print_line(&escaped_json(&json(&claims, validity)));
    }
    output::print(&report(&claims, validity))
}

/// Reads standard input, up to one byte more than a token can have.
fn read() -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(16 << 10));
    let limit = u64::try_from(ARGUMENTS_LIMIT_BYTES).unwrap_or(u64::MAX);
    stdin()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(Error::Read)?;
    Ok(bytes)
}

/// Whether the token is valid by this machine's clock, if the credentials that signed it are.
#[derive(Clone, Copy, Debug)]
enum Validity {
    Valid,
    Expired,
    NotYet,
    /// The clock is before 1970.
    Unknown,
}

impl Validity {
    fn now(claims: &Claims) -> Self {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(now) if now.as_secs() >= claims.valid_until => Self::Expired,
            Ok(now) if now.as_secs() < claims.signed_at => Self::NotYet,
            Ok(_) => Self::Valid,
            Err(_) => Self::Unknown,
        }
    }
}

fn json(claims: &Claims, validity: Validity) -> String {
    let state = match validity {
        Validity::Valid => "yes",
        Validity::Expired => "expired",
        Validity::NotYet => "not yet",
        Validity::Unknown => "unknown",
    };
    serde_json::json!({
        "host": claims.host,
        "port": claims.port,
        "user": claims.db_user,
        "region": claims.region,
        "access_key_id": claims.access_key_id,
        "has_session_token": claims.has_session_token,
        "signed_at": date(claims.signed_at),
        "expires_in_seconds": claims.expires_in_seconds,
        "valid_until": date(claims.valid_until),
        "valid_now": state,
    })
    .to_string()
}

fn report(claims: &Claims, validity: Validity) -> String {
    let state = match validity {
        Validity::Valid => "yes, if the credentials that signed it are still valid",
        Validity::Expired => "expired",
        Validity::NotYet => {
            "not yet (unless it was signed for a later time, this machine's clock or the signer's is wrong)"
        }
        Validity::Unknown => "unknown, because this machine's clock is before 1970",
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
         access key ID: {access_key_id}\n\
         credentials:   {credentials}\n\
         signed at:     {signed_at}\n\
         expires in:    {expires_in_seconds} s\n\
         valid until:   {valid_until}\n\
         valid now:     {state}\n\
         signature:     not shown, not verified\n"
    )
}
