//! The command and the library of rds-bridge.

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use crate::helpers::command::{executable, send_signal, stderr, stdout};
use crate::helpers::emulator::clients::{
    assert_another_authority_is_refused, assert_refused_for_each_mistake,
};
use crate::helpers::emulator::server::{Environment, Server};

fn command(environment: &Environment, arguments: &[&str]) -> Command {
    let mut command = Command::new(executable());
    command.args(arguments).env_clear().envs(environment);
    command
}

fn run(environment: &Environment, arguments: &[&str]) -> Output {
    command(environment, arguments).output().unwrap()
}

#[test]
fn query() {
    let server = Server::start();
    let output = run(&server.environment(), &["query", "SELECT * FROM items"]);
    assert_eq!(
        stdout(&output),
        "{\"id\":1,\"name\":\"apple\",\"price\":\"1.25\"}\n\
         {\"id\":2,\"name\":\"bread\",\"price\":\"3.50\"}\n\
         {\"id\":3,\"name\":\"cheese\",\"price\":\"12.00\"}\n",
        "{}",
        stderr(&output)
    );
    let sql = "SELECT name FROM items WHERE price < ? ORDER BY id";
    let arguments = ["query", sql, "--param-json", "3", "--format", "csv"];
    assert_eq!(
        stdout(&run(&server.environment(), &arguments)),
        "name\r\napple\r\n"
    );
    server.assert_all_were_let_in();

    let output = run(&server.environment(), &["query", "DELETE FROM items"]);
    assert!(stderr(&output).contains("READ ONLY"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(9));
}

#[test]
fn it_is_refused_for_the_right_reasons() {
    let refused = |environment: &Environment| {
        let mut environment = environment.clone();
        // For an endpoint of RDS the emulator sets the address to connect to. An alias resolves to it by itself.
        environment.remove("DB_CONNECT_TO");
        let output = run(&environment, &["query", "SELECT 1"]);
        assert!(!output.status.success() && output.stdout.is_empty());
        stderr(&output).to_owned()
    };
    assert_refused_for_each_mistake(refused);
    assert_another_authority_is_refused(refused);
}

#[test]
fn doctor() {
    let server = Server::start();
    let output = run(&server.environment(), &["doctor"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    server.assert_all_were_let_in();

    let mut environment = server.environment();
    environment.insert("AWS_SECRET_ACCESS_KEY".to_owned(), "another".to_owned());
    let output = run(&environment, &["doctor"]);
    assert_eq!(
        output.status.code(),
        Some(8),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
}

/// The last row sleeps, so that the first row shows that the statement is running.
fn sleep_at_the_end() -> String {
    let digits = (0..10).map(|digit| format!("SELECT {digit} AS i"));
    let digits = digits.collect::<Vec<String>>().join(" UNION ALL ");
    let tables = ["a", "b", "c", "d"].map(|name| format!("({digits}) AS {name}"));
    format!(
        "SELECT a.i * 1000 + b.i * 100 + c.i * 10 + d.i AS i, \
         CASE WHEN a.i + b.i + c.i + d.i < 36 THEN 0 ELSE SLEEP(60) END AS x FROM {}",
        tables.join(" CROSS JOIN ")
    )
}

#[test]
fn ctrl_c_kills_the_statement() {
    let server = Server::start();
    let mut child = command(&server.environment(), &["query", &sleep_at_the_end()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "{\"i\":0,\"x\":0}");
    send_signal(&child, "-INT");
    let last = lines.map(Result::unwrap).last().unwrap();
    assert!(last.starts_with("{\"incomplete\":"), "{last}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    // The connection of the statement, and the one that killed it.
    assert_eq!(server.emulator.events().len(), 2);
    server.assert_all_were_let_in();
}
