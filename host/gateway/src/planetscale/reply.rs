//! The replies, as the client reads them.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD;
use serde::{Serialize, Serializer};

use super::field::Field;
use crate::caller::Caller;
use crate::execution::{Failure, TextResult, TextRow};

/// The reply to `Execute`, without what it borrows.
pub(super) struct ExecuteReply(Response);

#[derive(Serialize)]
struct Execute<'a> {
    session: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<QueryResult<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<SqlError>,
    /// Seconds.
    timing: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct QueryResult<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rows_affected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    insert_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    lengths: Lengths<'a>,
    values: Values<'a>,
}

/// The length of each value; -1 for NULL. A 64-bit number is a string in the JSON of `protobuf`.
struct Lengths<'a>(&'a [Option<usize>]);

struct Values<'a>(&'a [u8]);

#[derive(Serialize)]
struct SqlError {
    code: &'static str,
    message: String,
}

impl ExecuteReply {
    pub(super) fn new(
        session: String,
        result: &Result<TextResult, Failure>,
        elapsed: Duration,
    ) -> Self {
        let (result, error) = match result {
            Ok(result) => (Some(QueryResult::new(result)), None),
            Err(failure) => (None, Some(SqlError::new(failure))),
        };
        let timing = elapsed.as_secs_f64();
        let reply = Execute {
            session,
            result,
            error,
            timing,
        };
        Self(Json(reply).into_response())
    }
}

/// The reply for a statement that failed outside of the dialect. The client keeps its session.
pub(crate) fn failure(failure: Failure) -> Response {
    ExecuteReply::new(String::new(), &Err(failure), Duration::ZERO).into_response()
}

impl IntoResponse for ExecuteReply {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<'a> QueryResult<'a> {
    fn new(result: &'a TextResult) -> Self {
        // A 64-bit number is a string in the JSON of `protobuf`, and missing if it is 0.
        let number = |it: u64| (it > 0).then(|| it.to_string());
        Self {
            rows_affected: number(result.summary.affected_rows),
            insert_id: number(result.summary.last_insert_id),
            fields: result.columns.iter().map(Field::new).collect(),
            rows: result.rows.iter().map(Row::new).collect(),
        }
    }
}

impl<'a> Row<'a> {
    fn new(row: &'a TextRow) -> Self {
        Self {
            lengths: Lengths(&row.lengths),
            values: Values(&row.values),
        }
    }
}

impl Serialize for Lengths<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = |it: &Option<usize>| it.map_or_else(|| "-1".to_owned(), |it| it.to_string());
        serializer.collect_seq(self.0.iter().map(length))
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &BASE64_STANDARD))
    }
}

impl SqlError {
    fn new(failure: &Failure) -> Self {
        let (number, state) = (failure.code(), failure.sql_state());
        // `@prisma/adapter-planetscale` reads the numbers from the end of one line, and a message may quote a statement of several.
        let message = failure.to_string().replace(['\r', '\n'], " ");
        Self {
            code: code(number),
            message: format!("{message} (errno {number}) (sqlstate {state})"),
        }
    }
}

/// The code of an RPC, which clients show. They decide by the number in the message.
fn code(number: u16) -> &'static str {
    match number {
        1062 => "ALREADY_EXISTS",
        1044 | 1045 | 1142 | 1143 | 1227 => "PERMISSION_DENIED",
        1054 | 1064 | 1149 => "INVALID_ARGUMENT",
        1049 | 1051 | 1146 => "NOT_FOUND",
        1205 | 1213 => "ABORTED",
        1040 | 1104 | 1153 | 1203 | 1226 => "RESOURCE_EXHAUSTED",
        1235 => "UNIMPLEMENTED",
        1290 | 1792 | 1836 => "FAILED_PRECONDITION",
        1053 | 2003 | 2006 => "UNAVAILABLE",
        3024 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}

/// The reply to `CreateSession`.
#[derive(Serialize)]
pub(super) struct CreateSessionReply {
    session: String,
    user: User,
    /// PlanetScale's name of the branch. The gateway has no branches.
    branch: &'static str,
}

#[derive(Serialize)]
struct User {
    username: String,
}

impl CreateSessionReply {
    pub(super) fn new(session: String, caller: &Caller) -> Self {
        let username = caller.name().to_owned();
        Self {
            session,
            user: User { username },
            branch: "main",
        }
    }
}

impl IntoResponse for CreateSessionReply {
    fn into_response(self) -> Response {
        Json(self).into_response()
    }
}
