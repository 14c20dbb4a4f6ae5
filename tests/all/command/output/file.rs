//! `query --output`: the file is complete, or unchanged.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::server_packets::{LONGLONG, VAR_STRING, column, text_row};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{end, executable, query, run, run_on, start, stderr, stdout};
use crate::helpers::folders::names;
use crate::helpers::live::environment;

const APPLES: &str = "SELECT id, name FROM items WHERE id = 1";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn succeeded(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    assert_eq!(stdout(output), "");
    assert_eq!(stderr(output), "");
}

#[apply(on_each_server)]
fn the_name_tells_the_format(product: Product) {
    let folder = TempDir::new().unwrap();
    for (name, beginning) in [
        ("a.csv", &b"id,name\r\n1,apple\r\n"[..]),
        ("a.CSV", b"id,name\r\n"),
        ("a.tsv", b"id\tname\n"),
        ("a.tab", b"id\tname\n"),
        ("a.json", b"[\n{\"id\":1"),
        ("a.ndjson", b"{\"id\":1"),
        ("a.jsonl", b"{\"id\":1"),
        ("a.txt", b"+----+"),
        ("a.parquet", b"PAR1"),
        ("a.arrow", b"ARROW1"),
        ("a.feather", b"ARROW1"),
        ("a.arrows", b"\xFF\xFF\xFF\xFF"),
    ] {
        let path = folder.path().join(name);
        let output = query(
            Server::shared(product),
            &[APPLES, "--output", path.to_str().unwrap()],
        );
        succeeded(&output);
        assert!(fs::read(&path).unwrap().starts_with(beginning), "{name}");
    }
    // `--format` takes precedence over the file's name.
    let path = folder.path().join("b.json");
    let path = path.to_str().unwrap();
    let output = query(
        Server::shared(product),
        &[APPLES, "-o", path, "--format", "csv"],
    );
    succeeded(&output);
    assert!(fs::read(path).unwrap().starts_with(b"id,name\r\n"));
}

/// These errors occur before the command connects, because there is no server.
#[test]
fn what_cannot_be_is_said_before_anybody_is_asked() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    symlink("circle", folder.path().join("circle")).unwrap();
    let before = names(folder.path());
    let variables = [
        ("DB_HOST", ENDPOINT),
        ("DB_CONNECT_TO", "127.0.0.1:1"),
        ("DB_USER", "lambda-user"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    for (path, code, words) in [
        (at("rows.dat"), 2, "does not have the extension of a format"),
        (at("rows"), 2, ".parquet"),
        (at("no/folder.csv"), 5, "does not exist"),
        (folder.path().to_str().unwrap().to_owned(), 2, "--format"),
    ] {
        let output = run(&["query", "SELECT 1", "--output", &path], &variables, "");
        assert_eq!(output.status.code(), Some(code), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
    let a_folder = folder.path().to_str().unwrap();
    for path in [a_folder, &at("circle")] {
        let arguments = ["query", "SELECT 1", "--format", "csv", "--output", path];
        let output = run(&arguments, &variables, "");
        assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("cannot write"),
            "{}",
            stderr(&output)
        );
    }
    // If the connection fails, no file is left either.
    let output = run(&["query", "SELECT 1", "-o", &at("a.csv")], &variables, "");
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert_eq!(names(folder.path()), before);
}

#[apply(on_each_server)]
fn a_new_file_has_the_umasks_permissions_and_an_old_one_keeps_its_own(product: Product) {
    let folder = TempDir::new().unwrap();
    let (new, old) = (folder.path().join("new.csv"), folder.path().join("old.csv"));
    fs::write(&old, "old").unwrap();
    fs::set_permissions(&old, fs::Permissions::from_mode(0o600)).unwrap();
    for path in [&new, &old] {
        let output = Command::new("sh")
            .args(["-c", "umask 027; exec \"$0\" query \"$1\" -o \"$2\""])
            .arg(executable())
            .args([APPLES, path.to_str().unwrap()])
            .env_clear()
            .envs(environment(Server::shared(product)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        succeeded(&output);
        assert!(fs::read(path).unwrap().starts_with(b"id,name\r\n"));
    }
    assert_eq!((mode(&new), mode(&old)), (0o640, 0o600));
    assert_eq!(names(folder.path()), ["new.csv", "old.csv"]);
}

#[apply(on_each_server)]
fn links_are_followed(product: Product) {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("data")).unwrap();
    fs::write(at("data/old.csv"), "old").unwrap();
    symlink("data/old.csv", at("to-old.csv")).unwrap();
    symlink("data/new.csv", at("to-new.csv")).unwrap();
    for name in ["to-old.csv", "to-new.csv"] {
        let path = at(name);
        let output = query(
            Server::shared(product),
            &[APPLES, "-o", path.to_str().unwrap()],
        );
        succeeded(&output);
        assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    }
    for name in ["data/old.csv", "data/new.csv"] {
        assert_eq!(fs::read(at(name)).unwrap(), b"id,name\r\n1,apple\r\n");
    }
    assert_eq!(names(&at("data")), ["new.csv", "old.csv"]);
}

#[apply(on_each_server)]
fn what_is_no_file_is_written_as_it_is(product: Product) {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = Command::new("cat")
        .arg(&pipe)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = query(
        Server::shared(product),
        &[APPLES, "-o", pipe.to_str().unwrap()],
    );
    succeeded(&output);
    let read = reader.wait_with_output().unwrap();
    assert_eq!(stdout(&read), "{\"id\":1,\"name\":\"apple\"}\n");
    assert_eq!(names(folder.path()), ["pipe"]);

    for path in ["-", "/dev/stdout"] {
        let output = query(
            Server::shared(product),
            &[APPLES, "-o", path, "--format", "csv"],
        );
        assert_eq!(stdout(&output), "id,name\r\n1,apple\r\n", "{path}");
    }
}

#[apply(on_each_server)]
fn a_disk_that_is_full(product: Product) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "old").unwrap();
    let sql = &format!(
        "SELECT seq, SHA2(seq, 512) FROM {}",
        product.sequence(100_000)
    );
    // A resource limit of the process simulates a full disk.
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 1000; exec \"$0\" query \"$1\" -o \"$2\"",
        ])
        .arg(executable())
        .args([sql, path.to_str().unwrap()])
        .env_clear()
        .envs(environment(Server::shared(product)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    let words = format!("cannot write {}: File too large", path.display());
    assert!(stderr(&output).contains(&words), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["rows.csv"]);

    for format in ["csv", "parquet"] {
        let arguments = [sql, "--format", format, "-o", "/dev/full"];
        let output = query(Server::shared(product), &arguments);
        assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
        let words = "cannot write /dev/full: No space left on device";
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

/// In each format: the server fails after rows have been written.
#[test]
fn of_a_server_that_dies_nothing_is_left() {
    for name in [
        "rows.csv",
        "rows.json",
        "rows.parquet",
        "rows.arrow",
        "rows.arrows",
    ] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(name);
        for old in [None, Some("old")] {
            if let Some(old) = old {
                fs::write(&path, old).unwrap();
            }
            let mut answer = say([vec![2], column("id", LONGLONG), column("name", VAR_STRING)]);
            let name = "x".repeat(200);
            answer.extend(say((0..10_000).map(|_| text_row(&["1", &name]))));
            answer.push(Say::HangUp);
            let peer = TlsPeer::start(vec![answer]);
            let to_file = ["-o", path.to_str().unwrap()];
            let arguments = [&["query", "SELECT 1", "--protocol", "text"], &to_file[..]].concat();
            let output = run_on(&peer, &arguments);
            assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
            let left = names(folder.path());
            match old {
                None => assert!(left.is_empty(), "{left:?}"),
                Some(old) => assert_eq!(fs::read(&path).unwrap(), old.as_bytes()),
            }
            assert_eq!(left.len(), usize::from(old.is_some()), "{left:?}");
        }
    }
}

#[apply(on_each_server)]
fn of_what_a_signal_ended_nothing_is_left(product: Product) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "old").unwrap();
    let server = Server::start(product, &Options::default());
    let sql = &format!(
        "SELECT seq, SHA2(seq, 512), IF(seq = 50000, SLEEP(300), 0) FROM {}",
        product.sequence(60_000)
    );
    let has_rows = || {
        let entries = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
        let mut lengths = entries.map(|entry| entry.metadata().map_or(0, |it| it.len()));
        lengths.any(|length| length > 1 << 20)
    };
    for signal in ["-INT", "-TERM"] {
        let child = start(&server, &[sql, "-o", path.to_str().unwrap()]);
        while !has_rows() {}
        end(child, signal);
        assert_eq!(names(folder.path()), ["rows.csv"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}

/// A statement that is rolled back leaves no file, and the file of one that commits has its rows.
#[apply(on_each_server)]
fn with_writes(product: Product) {
    let server = Server::start(product, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let path_text = path.to_str().unwrap();

    // A statement without a result produces an empty file, as `> FILE` does.
    fs::write(&path, "old").unwrap();
    let update = "UPDATE items SET name = 'pear' WHERE id = 1";
    let output = query(&server, &[update, "--allow-writes", "-o", path_text]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("affected rows: 1"));
    assert_eq!(fs::read(&path).unwrap(), b"");
}

/// MySQL has no statement that writes and returns rows.
#[test]
fn rows_that_cannot_be_written_are_not_deleted() {
    let server = Server::start(Product::MariaDb, &Options::default());
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    let path_text = path.to_str().unwrap();
    let count = || stdout(&query(&server, &["SELECT COUNT(*) AS n FROM items"])).to_owned();
    let delete = "DELETE FROM items WHERE id = 1 RETURNING id, name";
    let arguments = [delete, "--allow-writes", "--format", "csv", "-o"];
    let output = query(&server, &[&arguments[..], &["/dev/full"]].concat());
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert_eq!(count(), "{\"n\":3}\n");

    let output = query(&server, &[&arguments[..], &[path_text]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read(&path).unwrap(), b"id,name\r\n1,apple\r\n");
    assert_eq!(count(), "{\"n\":2}\n");
}

/// The command recognises standard output by its names. A file that is opened for appending is not replaced.
#[apply(on_each_server)]
fn standard_output_is_what_it_is(product: Product) {
    let server = Server::shared(product);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.csv");
    fs::write(&path, "before\n").unwrap();
    let file = fs::OpenOptions::new().append(true).open(&path);
    let status = Command::new(executable())
        .args([
            "query",
            "SELECT 1 AS n",
            "--format",
            "csv",
            "--output",
            "/dev/stdout",
        ])
        .envs(environment(server))
        .stdout(file.unwrap())
        .status();
    assert!(status.unwrap().success());
    assert_eq!(fs::read_to_string(&path).unwrap(), "before\nn\r\n1\r\n");
}
