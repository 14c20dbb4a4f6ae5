//! The dialect of PlanetScale's HTTP API, which `@planetscale/database` speaks.
//!
//! The shapes are those that the client reads and writes: <https://github.com/planetscale/database-js>, and those of
//! `query.proto` of `vitess` in JSON, where a field with its default value may be missing.

mod authentication;
mod connection;
mod field;
mod refusal;
mod reply;
mod stateless;
mod statement;

use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::Value;

use crate::caller::Caller;
use crate::execution::{
    BLANK, Failure, Kind, Lease, Resumed, SessionPolicy, Setting, Settings, TextResult,
};
use crate::http::{DatabaseTime, Guard, authenticate_as, read_object};
use crate::shared::Shared;
use crate::statistics::{Cause, Ending, StatementLabel};
use authentication::Authenticated;
pub(crate) use refusal::refusal;
use refusal::{limited, unavailable, unreadable};
pub(crate) use reply::failure;
use reply::{CreateSessionReply, ExecuteReply};
use statement::Statement;

/// The checks of its requests.
pub(crate) const GUARD: Guard = Guard {
    refusal,
    authenticate: authenticate_as::<Authenticated>,
};

/// The routes of the dialect.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/psdb.v1alpha1.Database/Execute", post(execute))
        .route(
            "/psdb.v1alpha1.Database/CreateSession",
            post(create_session),
        )
}

#[derive(Deserialize)]
struct ExecuteRequest {
    query: String,
    /// What the last reply had; opaque to the client.
    #[serde(default)]
    session: Option<Value>,
}

/// What a request has led to: the token for the next one, and the result.
struct Outcome {
    session: String,
    result: Result<TextResult, Failure>,
}

async fn execute(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    body: Bytes,
) -> Response {
    let began = Instant::now();
    let mut response = match read_object(&body) {
        Ok(request) => {
            let outcome = outcome(&shared, &caller, &request).await;
            let mut response = match &outcome.result {
                Err(failure @ Failure::Draining) => unavailable(failure),
                Err(Failure::Limited(exceeded)) => limited(*exceeded),
                result => {
                    ExecuteReply::new(outcome.session, result, began.elapsed()).into_response()
                }
            };
            let extensions = response.extensions_mut();
            extensions.insert(StatementLabel::of(&request.query));
            if let Err(failure) = &outcome.result {
                extensions.insert(Ending::from(failure));
                extensions.insert(Cause::Sql(failure.code()));
            }
            response
        }
        Err(error) => unreadable(&error),
    };
    let extensions = response.extensions_mut();
    extensions.insert(caller);
    extensions.insert(DatabaseTime(began.elapsed()));
    response
}

/// Begins a session. It gets a connection when it begins a transaction, or changes a setting.
async fn create_session(Authenticated(caller): Authenticated) -> Response {
    let mut response = CreateSessionReply::new(BLANK.to_owned(), &caller).into_response();
    response.extensions_mut().insert(caller);
    response
}

async fn outcome(shared: &Shared, caller: &Caller, request: &ExecuteRequest) -> Outcome {
    let statement = Statement::new(&request.query);
    if shared.limits.sessions == SessionPolicy::Refused {
        return stateless::outcome(shared, caller, &statement).await;
    }
    // The token of another service is an object. The gateway did not issue it.
    let token = request.session.as_ref().filter(|it| !it.is_null());
    let token = token.map(|it| it.as_str().unwrap_or_default());
    let blank = || BLANK.to_owned();
    let same = || token.map_or_else(blank, str::to_owned);
    if statement.is_ignored() {
        return Outcome {
            session: same(),
            result: Ok(TextResult::default()),
        };
    }
    let resumed = match token {
        None => Ok(Resumed::Blank),
        Some(token) => shared.resume(token, caller).await,
    };
    let lease = match resumed {
        Ok(Resumed::Session(lease)) => match lease.grant().allows(statement.sql()) {
            Ok(()) => Ok(*lease),
            Err(denied) => Err(denied.into()),
        },
        // With settings or a lock that are lost, no statement goes on as if they were there.
        Ok(Resumed::Lost(Some(Kind::Settings | Kind::State))) => {
            return lost(blank());
        }
        Ok(Resumed::Lost(None | Some(Kind::Transaction))) if statement.rolls_back() => {
            // The client rolls back after every error, also after the one that ended its session.
            return Outcome {
                session: blank(),
                result: Ok(TextResult::default()),
            };
        }
        Ok(Resumed::Lost(kind)) if !statement.begins_transaction() => {
            let session = match kind {
                // Were it forgotten, the rest of the transaction would be committed statement by statement.
                Some(Kind::Transaction) => same(),
                _ => blank(),
            };
            return lost(session);
        }
        Ok(Resumed::Settings(settings)) => fresh_lease(shared, caller, &statement, settings).await,
        Ok(Resumed::Blank | Resumed::Lost(_)) => {
            fresh_lease(shared, caller, &statement, Settings::default()).await
        }
        Err(failure) => Err(failure),
    };
    match lease {
        Ok(lease) => in_lease(shared, caller, lease, &statement, same()).await,
        Err(failure) => Outcome {
            session: same(),
            result: Err(failure),
        },
    }
}

/// The client goes on with a session whose connection is lost.
fn lost(session: String) -> Outcome {
    Outcome {
        session,
        result: Err(Failure::SessionLost),
    }
}

/// A connection of the database that is granted to the caller first, because a client cannot name one, with the settings
/// of the session.
async fn fresh_lease(
    shared: &Shared,
    caller: &Caller,
    statement: &Statement<'_>,
    settings: Settings,
) -> Result<Lease, Failure> {
    let grant = shared.grant(caller, None)?;
    let request = shared.admit_request(caller, &grant)?;
    // A setting that fails can be replaced.
    let mut needed = settings.clone();
    if let Some(setting) = Setting::read(statement.sql()) {
        needed.remove_overridden(&setting);
    }
    for sql in needed.statements().chain([statement.sql()]) {
        grant.allows(sql)?;
    }
    if statement.begins_transaction() || statement.keeps_state() {
        shared.sessions.admit()?;
    }
    let mut lease = connection::lease(shared, &grant, request).await?;
    lease.apply(&needed).await?;
    lease.set_settings(settings);
    Ok(lease)
}

/// Executes the statement. `same` is the token that the request came with.
async fn in_lease(
    shared: &Shared,
    caller: &Caller,
    mut lease: Lease,
    statement: &Statement<'_>,
    same: String,
) -> Outcome {
    let was_in_transaction = lease.is_in_transaction();
    let setting = Setting::read(statement.sql());
    let keeps_state = setting.is_none() && statement.keeps_state();
    if keeps_state {
        lease.note_state();
    }
    let begins_transaction = statement.begins_transaction() && !was_in_transaction;
    let admitted = match begins_transaction {
        true => shared.sessions.admit(),
        false => Ok(()),
    };
    let reserved = match keeps_state || statement.begins_transaction() {
        true => admitted.and_then(|()| shared.reserve_session(caller, &mut lease)),
        false => admitted,
    };
    if let Err(failure) = reserved {
        return Outcome {
            session: same,
            result: Err(failure),
        };
    }
    let result = lease.execute_text(statement.sql()).await;
    let result = result.map_err(Failure::after_sending);
    if let (Ok(_), Some(setting)) = (&result, setting) {
        lease.note_setting(setting);
    }
    if result.is_err() {
        // An ERR_Packet does not say whether a transaction is still open; the reply to this does.
        if was_in_transaction && lease.is_usable() {
            lease.ask_status().await;
        }
        let has_lost_transaction = was_in_transaction && !lease.is_in_transaction();
        if has_lost_transaction || !lease.is_usable() {
            lease.end_session();
            let result = match statement.rolls_back() {
                // The server rolls back what its client has left.
                true => Ok(TextResult::default()),
                false => result,
            };
            return Outcome {
                session: same,
                result,
            };
        }
    }
    let not_kept = match begins_transaction {
        true => std::convert::identity,
        false => Failure::after_execution,
    };
    keep_or_end(shared, caller, lease, same, result, not_kept)
}

/// Keeps the connection for the client's next request, if that depends on it. `same` is the token of this one. If the
/// connection cannot be kept, the failure is what `not_kept` makes of the reason.
fn keep_or_end(
    shared: &Shared,
    caller: &Caller,
    mut lease: Lease,
    same: String,
    result: Result<TextResult, Failure>,
    not_kept: fn(Failure) -> Failure,
) -> Outcome {
    let kind = match (lease.is_in_transaction(), lease.holds_state()) {
        (true, _) => Kind::Transaction,
        (false, true) => Kind::State,
        (false, false) => {
            let settings = lease.settings().clone();
            lease.end_session();
            let session = match settings.is_empty() {
                true => BLANK.to_owned(),
                false => shared.sessions.remember(settings, caller),
            };
            return Outcome { session, result };
        }
    };
    match shared.keep(lease, caller, kind) {
        Ok(session) => Outcome { session, result },
        Err(failure) => Outcome {
            session: same,
            result: result.and(Err(not_kept(failure))),
        },
    }
}
