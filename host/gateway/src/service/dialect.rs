//! The dialect of a request, for errors of the program that received it.

use super::Answer;
use crate::execution::Failure;
use crate::http::Refused;
use crate::{data_api, planetscale, v1};

/// The dialect of a request. Its methods make errors in the dialect's form, which its clients understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dialect {
    /// That of `@planetscale/database`.
    PlanetScale,
    /// That of the AWS SDKs.
    DataApi,
    /// The gateway's own.
    V1,
}

impl Dialect {
    /// The dialect of a request's path; `None` for a path that no dialect has.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        match path {
            "/Execute"
            | "/BatchExecute"
            | "/BeginTransaction"
            | "/CommitTransaction"
            | "/RollbackTransaction" => Some(Self::DataApi),
            path if path.starts_with("/psdb.v1alpha1.Database/") => Some(Self::PlanetScale),
            path if path.starts_with("/v1/") => Some(Self::V1),
            _ => None,
        }
    }

    /// The request is no HTTP. The caller reads the problem.
    #[must_use]
    pub fn malformed(self, problem: &'static str) -> Answer {
        self.refused(Refused::Malformed(problem))
    }

    /// The request is refused. The caller reads the reason.
    #[must_use]
    pub fn not_served(self, reason: &'static str) -> Answer {
        self.refused(Refused::NotServed(reason))
    }

    /// The request was not executed, and may be repeated later. The caller reads the reason.
    #[must_use]
    pub fn unavailable(self, reason: &'static str) -> Answer {
        self.refused(Refused::Unavailable(reason))
    }

    /// The statement was executed, and its result has more than `limit` bytes.
    #[must_use]
    pub fn result_too_large(self, limit: usize) -> Answer {
        let failure = Failure::ResultTooLarge { limit };
        match self {
            Self::PlanetScale => planetscale::failure(failure),
            Self::DataApi => data_api::failure(&failure),
            Self::V1 => v1::failure(&failure),
        }
        .into()
    }

    fn refused(self, refused: Refused) -> Answer {
        match self {
            Self::PlanetScale => planetscale::refusal(&refused),
            Self::DataApi => data_api::refusal(&refused),
            Self::V1 => v1::refusal(&refused),
        }
        .into()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use serde_json::{Value, json};

    use super::*;

    const ALL: [Dialect; 3] = [Dialect::PlanetScale, Dialect::DataApi, Dialect::V1];

    #[test]
    fn a_path_has_its_dialect() {
        for (path, dialect) in [
            (
                "/psdb.v1alpha1.Database/Execute",
                Some(Dialect::PlanetScale),
            ),
            (
                "/psdb.v1alpha1.Database/CreateSession",
                Some(Dialect::PlanetScale),
            ),
            ("/Execute", Some(Dialect::DataApi)),
            ("/RollbackTransaction", Some(Dialect::DataApi)),
            ("/v1/query", Some(Dialect::V1)),
            ("/v1/openapi.json", Some(Dialect::V1)),
            ("/", None),
            ("/v1", None),
            ("/execute", None),
            ("/Execute/", None),
            ("", None),
        ] {
            assert_eq!(Dialect::of_path(path), dialect, "{path}");
        }
    }

    async fn read(mut answer: Answer) -> (StatusCode, Option<String>, Value) {
        let kind = answer.headers.get("x-amzn-errortype");
        let kind = kind.map(|it| it.to_str().unwrap().to_owned());
        let mut body = Vec::new();
        while let Some(piece) = answer.body.next().await {
            body.extend_from_slice(&piece.unwrap());
        }
        (answer.status, kind, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn an_error_has_the_form_of_its_dialect() {
        for dialect in ALL {
            let (status, kind, body) = read(dialect.not_served("say who may call")).await;
            assert_eq!(status, StatusCode::FORBIDDEN);
            match dialect {
                Dialect::PlanetScale => assert_eq!(
                    body["error"],
                    json!({"code": "permission_denied", "message": "say who may call"})
                ),
                Dialect::DataApi => {
                    assert_eq!(kind.unwrap(), "AccessDeniedException");
                    assert_eq!(body["message"], "say who may call");
                }
                Dialect::V1 => {
                    assert_eq!(body["error"]["type"], "Forbidden");
                    assert_eq!(body["error"]["message"], "say who may call");
                }
            }
            let (status, ..) = read(dialect.unavailable("later")).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            let (status, ..) = read(dialect.malformed("no method")).await;
            assert_eq!(status, StatusCode::BAD_REQUEST);
        }
    }

    /// No status after which a client repeats the statement.
    #[tokio::test]
    async fn a_result_that_is_too_large_was_executed() {
        for (dialect, expected) in ALL.into_iter().zip([200, 400, 422]) {
            let (status, _, body) = read(dialect.result_too_large(7)).await;
            assert_eq!(status, expected);
            assert!(body.to_string().contains("larger than 7 bytes"), "{body}");
        }
    }
}
