//! No process and no file outlives the test.

use std::env;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rds_bridge_test_support::server::{Options, Product, Server};
use rds_bridge_test_support::{case_of, on_each_server};
use rstest::rstest;
use rstest_reuse::apply;

fn is_refused(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

fn folder(server: &Server) -> PathBuf {
    server.ca_file().parent().unwrap().to_owned()
}

#[apply(on_each_server)]
fn a_killed_server_is_gone_and_its_log_is_not(product: Product) {
    let server = Server::start(product, &Options::default());
    let mut open = TcpStream::connect(server.address()).unwrap();
    open.set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    server.kill();
    server.kill();
    assert!(is_refused(server.address()));
    // The connection ends orderly or with a reset, not by the read timeout.
    let error = open.read_to_end(&mut Vec::new()).err();
    let kind = error.map(|error| error.kind());
    assert!(
        matches!(kind, None | Some(ErrorKind::ConnectionReset)),
        "{kind:?}"
    );
    assert!(server.error_log().contains("ready for connections"));
}

#[apply(on_each_server)]
fn a_dropped_server_leaves_nothing(product: Product) {
    let server = Server::start(product, &Options::default());
    let (address, folder) = (server.address(), folder(&server));
    assert!(folder.join("data").is_dir());
    drop(server);
    assert!(is_refused(address));
    assert!(!folder.exists());
}

/// The test's process is killed while it has a shared server, which is never dropped.
#[apply(on_each_server)]
fn a_server_does_not_outlive_the_test_s_process(product: Product) {
    const ROLE: &str = "RDS_BRIDGE_TEST_IS_TO_BE_KILLED";
    if env::var_os(ROLE).is_some() {
        let server = Server::shared(product);
        println!("\nserver {} {}", server.address(), folder(server).display());
        sleep(Duration::from_secs(600));
    }

    let mut test = Command::new(env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg(case_of(
            "lifetime::a_server_does_not_outlive_the_test_s_process",
            product,
        ))
        .env(ROLE, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(test.stdout.take().unwrap()).lines();
    let line = lines.find_map(|line| line.unwrap().strip_prefix("server ").map(str::to_owned));
    let line = line.unwrap();
    let (address, folder) = line.split_once(' ').unwrap();
    let address = address.parse().unwrap();
    assert!(TcpStream::connect(address).is_ok());

    test.kill().unwrap();
    test.wait().unwrap();

    let limit = Instant::now() + Duration::from_secs(20);
    while !is_refused(address) || Path::new(folder).exists() {
        assert!(Instant::now() < limit, "{line}");
        sleep(Duration::from_millis(20));
    }
}
