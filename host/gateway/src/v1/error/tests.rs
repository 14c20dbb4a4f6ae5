//! Tests of the errors.

use rds_bridge::component::ServerError;
use rds_bridge::{Error, ErrorKind};
use serde_json::{Value, json};

use super::*;

fn server(stage: Stage, code: u16) -> Failure {
    let kind = ErrorKind::Server(ServerError {
        code,
        sql_state: Some("HY123".to_owned()),
        message: "user 'hunter2' at 10.0.0.1".to_owned(),
    });
    Failure::Database(Error::new(stage, kind))
}

fn json_of(error: &ApiError) -> Value {
    serde_json::from_str(&error.json()).unwrap()
}

#[test]
fn an_error_of_a_statement_has_what_the_server_says() {
    let error = ApiError::of_statement(&server(Stage::Statement, 1062)).of_number(1);
    assert_eq!(error.status, StatusCode::CONFLICT);
    let expected = json!({
        "type": "Statement", "code": 1062, "message": "user 'hunter2' at 10.0.0.1",
        "sql_state": "HY123", "stage": "statement", "statement": 2,
    });
    assert_eq!(json_of(&error), expected);
    let error = ApiError::of_statement(&server(Stage::Statement, 1792));
    let hint = json_of(&error)["hint"].take();
    assert!(hint.as_str().unwrap().contains("--allow-writes"), "{hint}");
}

#[test]
fn a_failed_login_says_nothing_of_what_is_behind_the_gateway() {
    let error = ApiError::before_statement(&server(Stage::Login, 1045));
    assert_eq!(error.status, StatusCode::BAD_GATEWAY);
    let json = json_of(&error);
    assert_eq!(json["code"], 1045);
    assert!(!json.to_string().contains("hunter2"), "{json}");
    for code in [1040, 1203, 1226, 9501] {
        let error = ApiError::before_statement(&server(Stage::Login, code));
        assert_eq!(error.status, StatusCode::SERVICE_UNAVAILABLE, "{code}");
    }
}

#[test]
fn an_unknown_outcome_is_no_reason_to_repeat() {
    let lost = [
        server(Stage::Statement, 1053),
        server(Stage::Rows, 1927),
        Failure::Database(Error::new(Stage::Statement, ErrorKind::Closed)),
        Failure::Database(Error::new(Stage::Session, ErrorKind::Closed)),
        Failure::Database(Error::new(
            Stage::Rows,
            ErrorKind::Timeout(std::time::Duration::from_secs(1)),
        )),
    ];
    for failure in &lost {
        let error = ApiError::of_statement(failure);
        assert_eq!(error.status, StatusCode::FAILED_DEPENDENCY, "{failure:?}");
    }
    for code in 1000..5000 {
        let error = ApiError::of_statement(&server(Stage::Statement, code));
        let may_repeat = error.status.is_server_error();
        assert_eq!(may_repeat, status::is_full(code), "{code}");
    }
}

#[test]
fn a_result_that_is_too_large_is_no_error_of_the_server() {
    let error = ApiError::of_statement(&Failure::ResultTooLarge { limit: 7 });
    assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
    let error = ApiError::before_statement(&AccessDenied::UnknownDatabase.into());
    assert_eq!(error.status, StatusCode::NOT_FOUND);
    assert_eq!(error.code, 1049);
}
