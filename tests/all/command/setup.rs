//! `rds-bridge setup` as a user runs it.

use serde_json::{Value, json};

use crate::helpers::command::{run, stdout};

const INSTANCE: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";
const CLUSTER: &str = "shop.cluster-abc123.us-gov-west-1.rds.amazonaws.com";
const PROXY: &str = "gate.proxy-abc123.cn-north-1.rds.amazonaws.com.cn";

/// The output of `setup` for an endpoint and a user. It must succeed.
fn setup(host: &str, user: &str, more: &[&str]) -> String {
    let variables = [("DB_HOST", host), ("DB_USER", user)];
    let output = run(&[&["setup"], more].concat(), &variables, "");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    stdout(&output).to_owned()
}

fn policy(host: &str, user: &str, resource_id: &str) -> Value {
    let account = ["--account", "123456789012", "--resource-id", resource_id];
    let text = setup(
        host,
        user,
        &[&account[..], &["--format", "policy"]].concat(),
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_policy_is_json_for_one_user_of_one_database() {
    let resource = |host, user, id| policy(host, user, id)["Statement"][0]["Resource"].clone();
    assert_eq!(
        policy(INSTANCE, "lambda-user", "db-ABCDEFGHIJKL01234"),
        json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Action": "rds-db:connect",
                "Resource": "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-ABCDEFGHIJKL01234/lambda-user",
            }],
        })
    );
    assert_eq!(
        resource(CLUSTER, "u", "cluster-ABCDEFGHIJKL01234"),
        "arn:aws-us-gov:rds-db:us-gov-west-1:123456789012:dbuser:cluster-ABCDEFGHIJKL01234/u"
    );
    assert_eq!(
        resource(PROXY, "u", "prx-0a1b2c3d4e5f60718"),
        "arn:aws-cn:rds-db:cn-north-1:123456789012:dbuser:prx-0a1b2c3d4e5f60718/u"
    );
    // An instance of Aurora, and a user name that has to be escaped in JSON and that IAM must not treat as a pattern.
    assert_eq!(
        resource(INSTANCE, "a\"\\*", "cluster-ABCDEFGHIJKL01234"),
        "arn:aws:rds-db:eu-central-1:123456789012:dbuser:cluster-ABCDEFGHIJKL01234/a\"\\${*}"
    );
}

#[test]
fn the_sql_is_two_statements_and_needs_no_endpoint() {
    let arguments = [
        "setup",
        "--format",
        "sql",
        "--privileges",
        "select, insert",
        "--database",
        "iam_test",
        "--username",
        "o'neil",
    ];
    assert_eq!(
        stdout(&run(&arguments, &[], "")),
        "CREATE USER 'o''neil'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;\n\
         GRANT SELECT, INSERT ON `iam\\_test`.* TO 'o''neil'@'%';\n"
    );
}

#[test]
fn the_text_names_what_the_endpoint_tells() {
    let region = |name| format!("--region {name} ");
    for (host, says) in [
        (
            INSTANCE,
            [
                &region("eu-central-1")[..],
                "aws rds modify-db-instance",
                "--db-instance-identifier mydb ",
                "DbiResourceId",
            ],
        ),
        (
            CLUSTER,
            [
                &region("us-gov-west-1"),
                "aws rds modify-db-cluster",
                "--db-cluster-identifier shop ",
                "DbClusterResourceId",
            ],
        ),
        (
            PROXY,
            [
                &region("cn-north-1"),
                "aws rds modify-db-proxy",
                "--db-proxy-name gate ",
                "DBProxyArn",
            ],
        ),
    ] {
        let text = setup(host, "lambda-user", &["--database", "iamtest"]);
        for says in says {
            assert!(text.contains(says), "{says} is not in {text}");
        }
        assert!(text.contains("GRANT SELECT ON `iamtest`.* TO 'lambda-user'@'%';"));
        assert!(text.contains("a name instead of the resource ID"));
        assert!(
            text.lines().all(|line| line.chars().count() <= 110),
            "{text}"
        );
    }
}

/// The text marks missing values and explains how to find them. With these values it does neither.
#[test]
fn the_text_marks_what_is_missing() {
    let text = setup(INSTANCE, "u", &[]);
    assert!(
        text.contains(":<ACCOUNT_ID>:dbuser:<RESOURCE_ID>/u\""),
        "{text}"
    );
    assert!(text.contains("ON `<DATABASE>`.*"), "{text}");
    assert!(
        text.contains(
            "Replace these placeholders: <DATABASE>, <ACCOUNT_ID>, <RESOURCE_ID>, <ROLE>, <THAT_NAME>\n"
        ),
        "{text}"
    );
    let whole = setup(
        INSTANCE,
        "u",
        &[
            "--database",
            "iamtest",
            "--account",
            "1234-5678-9012",
            "--resource-id",
            "db-ABCDEFGHIJKL01234",
        ],
    );
    assert!(
        whole.contains("Replace these placeholders: <ROLE>\n"),
        "{whole}"
    );
    assert!(!whole.contains("describe-") && !whole.contains("get-caller-identity"));
    // The steps are numbered without a gap.
    let steps = whole.lines().filter_map(|line| line.split_once(". "));
    let numbers: Vec<_> = steps.filter_map(|(n, _)| n.parse::<usize>().ok()).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

/// An instance of Aurora, recognised by its cluster's resource id, is set up with the cluster's command.
#[test]
fn an_instance_of_aurora_is_set_up_as_its_cluster() {
    let id = ["--resource-id", "cluster-ABCDEFGHIJKL01234"];
    let text = setup(INSTANCE, "u", &id);
    assert!(
        text.contains(
            "modify-db-cluster --region eu-central-1 --db-cluster-identifier <DB_CLUSTER>"
        ),
        "{text}"
    );
}

#[test]
fn what_is_wrong_gets_one_line_and_exit_code_2() {
    const DB: &str = "--resource-id=db-ABCDEFGHIJKL01234";
    const ACCOUNT: &str = "--account=123456789012";
    /// The endpoint, the arguments, and a part of the message.
    type Case<'a> = (&'a str, &'a [&'a str], &'a str);
    let cases: [Case<'_>; 20] = [
        (INSTANCE, &["--username="], "--username is empty"),
        (INSTANCE, &["--username=a\nb"], "control characters"),
        ("a\nb", &["--format=sql"], "neither a DNS name"),
        ("db.example.com", &[], "no region"),
        (INSTANCE, &["--region=EU"], "lower-case"),
        (INSTANCE, &["--format=sql"], "no database"),
        (INSTANCE, &["--database="], "--database is empty"),
        (INSTANCE, &["--database=*"], "one database's name"),
        (INSTANCE, &["--privileges=ALL; --"], "--privileges"),
        (INSTANCE, &["--format=yaml"], "yaml"),
        (INSTANCE, &["--account=12345"], "12 digits"),
        // An incomplete policy would look complete.
        (INSTANCE, &["--format=policy", ACCOUNT], "no resource ID"),
        (INSTANCE, &["--format=policy", DB], "no account"),
        (
            "db.example.com",
            &["--format=policy", ACCOUNT, DB],
            "no region",
        ),
        // A common mistake: the name of the instance in place of its resource id.
        (INSTANCE, &["--resource-id=mydb"], "looks like a name"),
        (INSTANCE, &["--resource-id=db-prod"], "looks like a name"),
        (
            INSTANCE,
            &["--resource-id=arn:aws:rds:…"],
            "only the resource ID is needed",
        ),
        (CLUSTER, &[DB], "cluster-…"),
        (PROXY, &[DB], "prx-…"),
        (INSTANCE, &["--resource-id=prx-0a1b2c3d4e5f60718"], "db-…"),
    ];
    let mut outputs: Vec<_> = cases
        .map(|(host, more, says)| {
            let variables = [("DB_HOST", host), ("DB_USER", "u")];
            (run(&[&["setup"], more].concat(), &variables, ""), says)
        })
        .into();
    outputs.push((run(&["setup"], &[("DB_HOST", INSTANCE)], ""), "DB_USER"));
    for (output, says) in outputs {
        let error = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{says}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.starts_with("rds-bridge: ") && error.contains(says),
            "{says} is not in {error}"
        );
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}
