//! How long the library takes to notice that the server's machine has vanished: every packet is lost, and no error tells
//! so.

use std::path::Path;
use std::time::{Duration, Instant};

use rds_bridge::mysql::Connection;
use rds_bridge::{Bridge, Error, ErrorKind};
use rds_bridge_test_support::certificates::{Authority, ServerCertificate};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server::PASSWORD;
use tokio::time::{sleep, timeout};

use crate::database::Database;
use crate::name_server::NameServer;
use crate::network::make_bridge;

/// In seconds: the system looks at the limit when it sends a packet again, or a probe. With the default limit, 15 s, a
/// tenth is more.
const GRANULARITY: f64 = 1.0;

/// For statements and keepalive probes to be on their way.
const SOME_TIME: Duration = Duration::from_millis(500);

/// Measures, with this user timeout. Returns what is wrong.
pub(crate) fn run(limit: Duration, folder: &Path) -> Vec<String> {
    make_bridge();
    let authority = Authority::new();
    let certificate = authority.issue(&ServerCertificate::Good);
    let authorities = authority.pem();
    let expectation = Expectation::default();
    let database = Database::start(1, folder, &certificate, &authorities, &expectation);
    let _name_server = NameServer::start(database.address());
    let ca_file = folder.join("ca.pem");
    std::fs::write(&ca_file, authorities).unwrap();
    let builder = Bridge::builder()
        .endpoint(ENDPOINT)
        .user("admin")
        .password(PASSWORD)
        .ca_file(ca_file)
        .tcp_user_timeout(limit);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let bridge = builder.build().await.unwrap();
        let waiting = bridge.connect().await.unwrap();
        let mut idle = bridge.connect().await.unwrap();
        idle.ping().await.unwrap();
        let waiting = tokio::spawn(execute(waiting, limit));
        sleep(SOME_TIME).await;
        database.host().cut_off();
        let vanished = Instant::now();
        let idle = tokio::spawn(execute(idle, limit));
        let waiting = judge(
            "waiting for a result",
            waiting.await.unwrap(),
            vanished,
            limit,
        );
        let idle = judge("sending a statement", idle.await.unwrap(), vanished, limit);
        [waiting, idle].into_iter().flatten().collect()
    })
}

/// Executes a statement that never ends. Returns when it failed, and how; `None` if it does not.
async fn execute(mut connection: Connection, limit: Duration) -> Option<(Instant, Error)> {
    let longest = limit.saturating_mul(2).saturating_add(SOME_TIME);
    let executing = connection.execute("SELECT SLEEP(3600)", ());
    let executed = timeout(longest, executing).await.ok()?;
    Some((Instant::now(), executed.unwrap_err()))
}

/// Prints how long a connection took to notice. Returns what is wrong with it.
fn judge(
    state: &str,
    failed: Option<(Instant, Error)>,
    vanished: Instant,
    limit: Duration,
) -> Option<String> {
    let Some((at, error)) = failed else {
        return Some(format!("{state}: nothing was noticed in twice the limit"));
    };
    let (took, limit) = (
        at.duration_since(vanished).as_secs_f64(),
        limit.as_secs_f64(),
    );
    println!(
        "{state}: the machine's silence was noticed after {took:.2} s; the limit is {limit:.0} s"
    );
    if took > (limit * 1.1).max(limit + GRANULARITY) {
        return Some(format!("{state}: noticed too late"));
    }
    let is_loss = matches!(error.kind(), ErrorKind::Io(_));
    (!is_loss).then(|| format!("{state}: {error:?}"))
}
