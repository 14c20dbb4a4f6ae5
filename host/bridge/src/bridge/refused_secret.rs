//! The likely causes if the server refuses the login with a secret of Secrets Manager.

use super::Inner;
use super::secret::SecretLogin;
use crate::aws::DatabaseSecret;
use crate::error::{Cause, Error, cause};

/// The causes of a refused login (1045). `asked_again` is the result of fetching the secret again, if that was tried.
pub(super) fn of_refused_secret(
    bridge: &Inner,
    login: &SecretLogin,
    used: &DatabaseSecret,
    asked_again: Option<Result<(), Error>>,
) -> Vec<Cause> {
    let id = &login.cached.source().id;
    let mut causes = Vec::new();
    let of_secret = used.username.as_deref().unwrap_or(&bridge.user);
    let user = if login.user_is_given {
        &bridge.user
    } else {
        of_secret
    };
    if user != of_secret {
        causes.push(cause(
            format!("the user {user:?} was given, but the secret is for {of_secret:?}"),
            "omit {user}, so that the secret's user is used",
        ));
    }
    let host = &bridge.endpoint.host;
    if let Some(other) = &used.host
        && !other.eq_ignore_ascii_case(host)
    {
        causes.push(cause(
            format!("{host} was given, but the secret is for {other}"),
            "omit {endpoint}, so that the secret's host is used; to connect through another address, give it with \
             {connect_to}",
        ));
    }
    let again = match asked_again {
        Some(Ok(())) => ", which was fetched again and has not changed",
        Some(Err(error)) => {
            causes.push(not_fetched_again(&error));
            ""
        }
        None => "",
    };
    causes.push(cause(
        format!("the password of {user:?} is not the one in the secret {id}{again}"),
        "check whether a rotation is in progress or has failed: aws secretsmanager describe-secret --secret-id ARN; \
         aws secretsmanager rotate-secret --secret-id ARN sets a new password in the secret and in the database",
    ));
    causes.push(cause(
        format!("the database has no user {user:?}, or does not allow it from this address"),
        "check SELECT user, host FROM mysql.user; user names are case-sensitive",
    ));
    causes
}

fn not_fetched_again(error: &Error) -> Cause {
    let remedy = error.causes().first().map(|first| first.remedy.clone());
    // Without the stage, which is not that of the failure.
    let why = error.kind();
    cause(
        format!("the secret may have been rotated, but could not be fetched again: {why}"),
        remedy.unwrap_or_else(|| "try again later".into()),
    )
}
