//! Tests of the file of a function's callers.

use super::*;

fn function() -> FunctionSettings {
    let mut function = FunctionSettings::new("iamtest", Database::new("e"));
    for (name, sql) in [
        ("one", "SELECT 1"),
        ("change", "UPDATE t SET a = ?"),
        ("odd", "SELECT '"),
    ] {
        function
            .statements
            .insert(name.to_owned(), Statement::new(sql));
    }
    function
}

fn problem(text: &str, function: FunctionSettings) -> String {
    let error = Config::parse_callers(text, function).unwrap_err();
    error.to_string()
}

const GRANT: &str = "[[callers.a.grants]]\ndatabase = \"iamtest\"\n";

#[test]
fn callers_need_no_credentials_in_the_file() {
    let text = format!("{GRANT}statements = [\"one\", \"change\"]\nmax_rows = 7\n");
    let config = Config::parse_callers(&text, function()).unwrap().config;
    assert_eq!(
        config.callers["a"].grants[0]
            .limits()
            .max_rows
            .map(u64::from),
        Some(7)
    );
    assert_eq!(config.statements["one"].sql, "SELECT 1");
    assert_eq!(config.databases["iamtest"].endpoint, "e");
    // Windows editors begin a file with a byte order mark.
    let marked = format!("\u{feff}{text}");
    let read = Config::parse_callers(&marked, function()).unwrap();
    assert_eq!(read.config, config);
    let empty = Config::parse_callers("", function()).unwrap();
    assert!(empty.config.callers.is_empty());
}

#[test]
fn an_identity_has_one_caller() {
    let text = "[callers.edge]\nidentity = \"iam:arn:aws:iam::1:role/edge\"\n\
                [callers.one]\nidentity = \"iam:arn:aws:sts::1:assumed-role/edge/one\"\n\
                [callers.user]\nidentity = \"jwt:u1\"\n";
    let callers = Config::parse_callers(text, function()).unwrap();
    for (verified, name) in [
        ("iam:arn:aws:sts::1:assumed-role/edge/two", Some("edge")),
        ("iam:arn:aws:sts::1:assumed-role/edge/one", Some("one")),
        ("iam:arn:aws:iam::1:role/edge", Some("edge")),
        ("jwt:u1", Some("user")),
        ("jwt:u2", None),
        ("lambda:u1", None),
    ] {
        assert_eq!(callers.caller(verified), name, "{verified}");
    }
    let twice = "[callers.a]\nidentity = \"jwt:u\"\n[callers.b]\nidentity = \"jwt:u\"\n";
    assert_eq!(
        problem(twice, function()),
        "line 4, column 1: callers.b.identity: callers.a already has identity = \"jwt:u\": give each caller its own"
    );
}

#[test]
fn an_error_names_the_line_and_the_setting() {
    for (text, expected) in [
        ("[caller.a]\n", "line 1, column 2: unknown field `caller`"),
        (
            "\n[databases.b]\nendpoint = \"e\"\n",
            "line 2, column 2: databases: a function has one database",
        ),
        (
            "[statements.b]\n",
            "statements: the statements of a function",
        ),
        ("[proxy]\n", "proxy: a function has no listeners"),
        (
            "[gateway]\nlisten = 7\n",
            "gateway: AWS receives the requests",
        ),
        (
            "[callers.a]\ncertificate = \"c\"\n",
            "line 2, column 1: callers.a.certificate: AWS ends TLS",
        ),
        (
            "[callers.a]\nsigv4_secret_file = \"/s\"\n",
            "line 2, column 1: callers.a.sigv4_secret_file: a package contains no secrets",
        ),
        (
            "[callers.a]\njwt = { issuer = \"i\", subject = \"s\" }\n",
            "line 2, column 1: callers.a.jwt: ",
        ),
        (
            "[callers.a]\nidentity = \"someone\"\n",
            "line 2, column 12: write iam:ARN, ",
        ),
        (
            "[callers.a]\napi_key_sha256 = \"hunter2\"\n",
            "line 2, column 18: a hash must have 64 hexadecimal digits",
        ),
        (
            "[callers.\"a b\"]\n",
            "line 1, column 10: callers.a b: a name consists of letters, digits, '_', '-' and '.'",
        ),
    ] {
        let problem = problem(text, function());
        assert!(problem.contains(expected), "{text}: {problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}

#[test]
fn a_grant_may_not_exceed_the_function() {
    for (lines, expected) in [
        (
            "statements = \"any\"",
            "callers.a.grants[0].statements: set ALLOW_AD_HOC_SQL=true",
        ),
        (
            "statements = []\naccess = \"read-write\"",
            "line 4, column 1: callers.a.grants[0].access: set ALLOW_WRITES=true",
        ),
        (
            "statements = [\"one\", \"two\"]",
            "line 3, column 22: callers.a.grants[0].statements[1]: the function has no statement \"two\": add it to queries.json",
        ),
        (
            "statements = [\"odd\"]",
            "callers.a.grants[0].statements[0]: the statement cannot be compared with those of clients: it contains a string, ",
        ),
        (
            "statements = []\nmax_sessions = 0",
            "callers.a.grants[0].max_sessions: a function keeps no sessions",
        ),
        (
            "statements = []\nmax_rows = 0",
            "line 4, column 12: invalid value: integer `0`",
        ),
    ] {
        let problem = problem(&format!("{GRANT}{lines}\n"), function());
        assert!(problem.contains(expected), "{lines}: {problem}");
    }
    let other = GRANT.replace("iamtest", "other");
    let problem_of_other = problem(&format!("{other}statements = []\n"), function());
    assert!(
        problem_of_other.contains("the databases are: iamtest"),
        "{problem_of_other}"
    );
    let with_user = format!("{GRANT}statements = []\nuser = \"u\"\n");
    assert!(Config::parse_callers(&with_user, function()).is_ok());
    let mut with_password = function();
    with_password.has_password = true;
    let problem = problem(&with_user, with_password);
    assert!(
        problem.contains("grants[0].user: the function has the password of one database user only (DB_SECRET_ARN)"),
        "{problem}"
    );
    let mut open = function();
    (open.allow_ad_hoc_sql, open.allow_writes) = (true, true);
    let any = format!("{GRANT}statements = \"any\"\naccess = \"read-write\"\n");
    assert!(Config::parse_callers(&any, open).is_ok());
}
