//! The status page, and its numbers.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};
use serde::Serialize;

use crate::gateway::Health;
use crate::metrics::GatewayMetrics;
use crate::statistics::{CallerStatus, CauseStatus, EndingStatus, Snapshot, StatementStatus};

const PAGE: &str = include_str!("page.html");

/// The page, with the header that lets a browser run what it contains, and nothing else.
#[derive(Clone)]
pub(super) struct Page {
    policy: HeaderValue,
}

/// The numbers of the page.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    version: &'static str,
    instance: String,
    is_draining: bool,
    requests: GatewayMetrics,
    sessions: SessionStatus,
    pools: Vec<PoolStatus>,
    callers: Vec<CallerStatus>,
    statements: Vec<Named>,
    causes: Vec<CauseStatus>,
    endings: Vec<EndingStatus>,
}

#[derive(Debug, Serialize)]
struct SessionStatus {
    open: u64,
    most: usize,
}

#[derive(Debug, Serialize)]
struct PoolStatus {
    database: String,
    user: Option<String>,
    access: Option<&'static str>,
    size: usize,
    max_size: usize,
    idle: usize,
    waiting: usize,
    connected_total: u64,
    timeouts_total: u64,
    failed_total: u64,
}

#[derive(Debug, Serialize)]
struct Named {
    /// The names that the configuration has for the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    statement: StatementStatus,
}

impl Page {
    pub(super) fn new() -> Self {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'none'",
            source_of(PAGE, "script"),
            source_of(PAGE, "style")
        );
        // A policy of visible characters.
        let none = HeaderValue::from_static("default-src 'none'");
        Self {
            policy: HeaderValue::from_str(&policy).unwrap_or(none),
        }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (CONTENT_SECURITY_POLICY, self.policy),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        ];
        (headers, PAGE).into_response()
    }
}

/// The hash by which a Content-Security-Policy allows the only element of this name.
///
/// Source: W3C, "Content Security Policy Level 3", "Hash usage for inline scripts".
fn source_of(page: &str, element: &str) -> String {
    let begin = format!("<{element}>");
    let end = format!("</{element}>");
    let content = page
        .split_once(&begin)
        .and_then(|(_, after)| after.split_once(&end));
    let content = content.map_or("", |(content, _)| content);
    let hash = digest(&SHA256, content.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(hash))
}

/// The numbers as JSON.
pub(super) fn status(health: &Health) -> Response {
    Json(Status::read(health)).into_response()
}

impl Status {
    fn read(health: &Health) -> Self {
        let shared = health.shared();
        let Snapshot {
            callers,
            statements,
            causes,
            endings,
        } = shared.statistics.snapshot();
        let requests = health.metrics();
        let names = shared.statement_names();
        let named = |statement: StatementStatus| Named {
            name: names.get(&statement.label).cloned(),
            statement,
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            instance: shared.sessions.instance().to_owned(),
            is_draining: health.is_draining(),
            requests,
            sessions: SessionStatus {
                open: requests.open_sessions,
                most: shared
                    .databases
                    .iter()
                    .map(|it| shared.most_sessions(it))
                    .sum(),
            },
            pools: pools(health),
            callers,
            statements: statements.into_iter().map(named).collect(),
            causes,
            endings,
        }
    }
}

fn pools(health: &Health) -> Vec<PoolStatus> {
    let mut all = Vec::new();
    for database in health.shared().databases.iter() {
        all.extend(database.open_pools().into_iter().map(|pool| PoolStatus {
            database: database.name.clone(),
            user: pool.user.as_deref().map(str::to_owned),
            access: pool.access.map(|it| match it.allows_writes() {
                true => "read-write",
                false => "read-only",
            }),
            size: pool.metrics.size,
            max_size: pool.metrics.max_size,
            idle: pool.metrics.idle,
            waiting: pool.metrics.waiting,
            connected_total: pool.metrics.connected_total,
            timeouts_total: pool.metrics.timeouts_total,
            failed_total: pool.metrics.failed_total,
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_what_the_page_contains_and_nothing_else() {
        let policy = Page::new().policy;
        let policy = policy.to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        assert!(
            !policy.contains("unsafe") && !policy.contains("47DEQpj8HBSa"),
            "{policy}"
        );
        // One of each, so that the hash is of all.
        for element in ["script", "style"] {
            assert_eq!(PAGE.matches(&format!("<{element}")).count(), 1);
        }
        // Nothing that a policy without 'unsafe-inline' would refuse, and nothing of other servers.
        for words in [
            "style=",
            "onclick",
            "onload",
            "innerHTML",
            "http://",
            "https://",
            "src=",
        ] {
            assert!(!PAGE.contains(words), "{words}");
        }
    }
}
