//! Verifies tokens with the component, each token in a new instance.

use std::fmt::Debug;
use std::time::SystemTime;

use super::Shared;
use super::peer::Peer;
use rds_bridge::clock::{date, unix_seconds};
use rds_bridge::component::{CallError, ConnectRequest, Fault, Rejection};
use rds_bridge::error::malformed_token_words;

const SESSION_TOKEN_MISSING: &str =
    "the token is signed without a session token, but the emulator's credentials have one";
const SESSION_TOKEN_UNEXPECTED: &str =
    "the token is signed with a session token, but the emulator's credentials have none";

/// Why a token is not accepted.
pub(super) enum Verdict {
    /// The token is refused, for this reason. The text never contains the token.
    Refused(String),
    /// The token was not verified, because the instance failed, for lack of memory for example.
    NotJudged(Fault),
}

impl From<String> for Verdict {
    fn from(reason: String) -> Self {
        Self::Refused(reason)
    }
}

/// Verifies that the token is valid for this user, endpoint and port at the emulator's current time.
pub(super) fn judge(shared: &Shared, peer: Peer, user: &str, token: &[u8]) -> Result<(), Verdict> {
    if !shared.users.iter().any(|known| known == user) {
        let known = shared.users.join(", ");
        return Err(format!(
            "unknown user; known users: {known} (names are case-sensitive; add the user to those of the emulator)"
        )
        .into());
    }
    if token.is_empty() {
        return Err("no token: the password is empty".to_owned().into());
    }
    let token = str::from_utf8(token).map_err(|_| "the token is not UTF-8 text".to_owned())?;
    let now = now(shared.clock_offset_seconds).ok_or_else(|| {
        "the emulator's time is out of range: check its clock offset and \
                                                        this machine's clock"
            .to_owned()
    })?;
    let expected = ConnectRequest {
        host: &shared.endpoint,
        port: peer.port,
        region: &shared.region,
        db_user: user,
    };
    let mut instance = shared.engine.instantiate().map_err(Verdict::NotJudged)?;
    match instance.verify(token, &shared.credentials, expected, now) {
        Ok(_claims) => Ok(()),
        Err(CallError::Refused(rejection)) => {
            Err(describe_rejection(&rejection, shared, peer, user, now).into())
        }
        Err(CallError::Fault(fault)) => Err(Verdict::NotJudged(fault)),
    }
}

fn now(offset_seconds: i64) -> Option<u64> {
    unix_seconds(SystemTime::now())?.checked_add_signed(offset_seconds)
}

/// Describes a rejection for people.
fn describe_rejection(
    rejection: &Rejection,
    shared: &Shared,
    peer: Peer,
    user: &str,
    now: u64,
) -> String {
    let now = date(now);
    match rejection {
        Rejection::Malformed(malformed) => {
            format!("not a token: {}", malformed_token_words(malformed))
        }
        Rejection::InvalidExpectation(_) => {
            "no token can be valid, because the emulator's own endpoint, region or \
                                             credentials cannot be used in a token"
                .to_owned()
        }
        Rejection::AccessKeyIdMismatch(claimed) => {
            let expected = &shared.credentials.access_key_id;
            instead("with the access key", claimed, expected)
        }
        Rejection::SessionTokenMissing => SESSION_TOKEN_MISSING.to_owned(),
        Rejection::SessionTokenUnexpected => SESSION_TOKEN_UNEXPECTED.to_owned(),
        Rejection::SessionTokenMismatch => {
            "the token is signed with another session token".to_owned()
        }
        Rejection::SignatureMismatch => "the signature does not match: a different secret access \
                                         key signed the token, or the token was changed"
            .to_owned(),
        Rejection::RegionMismatch(claimed) => instead("for the region", claimed, &shared.region),
        Rejection::HostMismatch(claimed) => instead("for the host", claimed, &shared.endpoint),
        Rejection::PortMismatch(claimed) => instead("for the port", claimed, peer.port),
        Rejection::DbUserMismatch(claimed) => {
            let problem = instead("for the user", claimed, user);
            format!("{problem} (names are case-sensitive)")
        }
        Rejection::ExpiryOutOfRange(seconds) => {
            format!("the token's lifetime is {seconds} seconds, but must be 1 to 900")
        }
        Rejection::NotYetValid(at) => {
            let at = date(*at);
            format!(
                "the token is signed at {at}, but the emulator's time is {now}: a clock is wrong"
            )
        }
        Rejection::Expired(since) => {
            let since = date(*since);
            format!("the token expired at {since}, but the emulator's time is {now}")
        }
        Rejection::CredentialsExpired(since) => {
            let since = date(*since);
            format!("the credentials that signed the token expired at {since}")
        }
    }
}

fn instead(signed: &str, claimed: impl Debug, expected: impl Debug) -> String {
    format!("the token is signed {signed} {claimed:?} instead of {expected:?}")
}
