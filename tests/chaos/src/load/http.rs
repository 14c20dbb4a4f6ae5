//! Requests in the gateway's own dialect, and what their statuses say about a transaction.

use serde_json::{Value as Json, json};

use super::{INSERT, INSERT_COUNTERPART, SELECT};
use crate::ledger::{Line, Read, Told};

/// The status of an unknown outcome.
pub(super) const UNKNOWN_OUTCOME: u16 = 424;

/// The path and the body of the request that writes a line.
pub(super) fn to_write(line: Line) -> (&'static str, Json) {
    let row = json!([line.0, line.amount(), line.words()]);
    let insert = json!({"sql": INSERT, "parameters": row});
    if !line.has_counterpart() {
        return ("/v1/query", insert);
    }
    let counterpart = json!({"sql": INSERT_COUNTERPART, "parameters": [line.0]});
    ("/v1/batch", json!({"statements": [insert, counterpart]}))
}

/// The path and the body of the request that reads a line.
pub(super) fn to_read(line: Line) -> (&'static str, Json) {
    let body = json!({"sql": SELECT, "parameters": [line.0]});
    ("/v1/query", body)
}

/// What the response to a write says. 200 confirms it, and 424 is an unknown outcome. With any other status nothing was
/// executed, or everything was rolled back.
pub(super) fn of_write(line: Line, status: u16, body: &str) -> Told {
    match status {
        200 => match changed_rows(line, body) {
            Some(1) => Told::confirmed(),
            _ => Told::error(true, format!("an answer without its row: {body}")),
        },
        UNKNOWN_OUTCOME => Told::error(true, kind(status, body)),
        _ => Told::error(false, kind(status, body)),
    }
}

fn changed_rows(line: Line, body: &str) -> Option<u64> {
    let body: Json = serde_json::from_str(body).ok()?;
    let first = if line.has_counterpart() {
        body.pointer("/results/0")?
    } else {
        &body
    };
    first.get("affectedRows")?.as_u64()
}

/// What the response to a read says.
pub(super) fn of_read(line: Line, status: u16, body: &str) -> Read {
    if status != 200 {
        return Read::Error(kind(status, body));
    }
    let Ok(Json::Array(rows)) = serde_json::from_str(body) else {
        return Read::Wrong(format!("no rows: {body}"));
    };
    let rows = rows.iter().map(|row| {
        let amount = row.get("amount").and_then(Json::as_u64);
        let words = row.get("words").and_then(Json::as_str);
        let words = words.unwrap_or_default().to_owned();
        (amount.unwrap_or_default(), words)
    });
    Read::of_rows(line, &rows.collect::<Vec<_>>())
}

/// The status, and the code of the error.
fn kind(status: u16, body: &str) -> String {
    let body: Json = serde_json::from_str(body).unwrap_or_default();
    let code = body.pointer("/error/code").cloned().unwrap_or_default();
    let stage = body.pointer("/error/stage").and_then(Json::as_str);
    format!("{status} ({code}) {}", stage.unwrap_or_default())
        .trim_end()
        .to_owned()
}
