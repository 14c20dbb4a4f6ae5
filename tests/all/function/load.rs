//! Many invocations at once, as Lambda gives them to a process that says that it takes several.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use rds_bridge::clock::Clock;
use rds_bridge::emulator::{Emulator, EventKind};
use rds_bridge_test_support::fake_lambda_runtime::LONGEST_TIMEOUT;
use rds_bridge_test_support::maria_db::{MariaDb, Options};
use serde_json::json;

use super::{items, logins, start, start_with};
use crate::live::block_on;

const INVOCATIONS: usize = 200;
const MANY: [(&str, &str); 2] = [
    ("AWS_LAMBDA_MAX_CONCURRENCY", "200"),
    ("DB_POOL_SIZE", "16"),
];

#[test]
fn two_hundred_over_sixteen_connections() {
    let server = MariaDb::start(&Options::default());
    let function = start(&server, &[MANY[0], MANY[1]]);
    let invocations: Vec<_> = (0..INVOCATIONS)
        .map(|number| {
            let event = json!({"query": "typed", "parameters": [number, null, null, null]});
            function.start_invocation(event.to_string(), LONGEST_TIMEOUT)
        })
        .collect();
    for (number, invocation) in invocations.into_iter().enumerate() {
        // Each gets its own rows.
        assert_eq!(invocation.wait().response().json()[0]["i"], number);
    }
    assert!(
        (2..=16).contains(&logins(&server)),
        "{}",
        server.error_log()
    );
}

/// Each time it is asked it is a second earlier, so that no two tokens are the same.
#[derive(Debug, Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> SystemTime {
        let seconds = self.0.fetch_add(1, Ordering::SeqCst);
        // No token is older than it may be.
        SystemTime::now() - Duration::from_secs(seconds % 600)
    }
}

/// The server takes so few new tokens a second that a neighbour uses them up: the function is refused, as RDS
/// refuses it above its rate, until the neighbour is done. Its own tokens are the same for a second, so that it
/// could not go above the rate by itself.
#[test]
fn above_the_server_s_rate_none_is_lost() {
    let refused = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&refused);
    let emulator = Emulator::builder()
        .user("neighbour")
        .seed("CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(64), price DECIMAL(10, 2));")
        .seed("INSERT INTO items VALUES (1, 'apple', 1.25), (2, 'bread', 3.50), (3, 'cheese', 12.00);")
        .connections_per_second(5)
        .on_event(move |event| {
            let is_ours = event.user.as_deref() == Some("lambda-user");
            if is_ours && matches!(event.kind, EventKind::Refused { .. }) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        })
        .start()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, emulator.ca_pem()).unwrap();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            block_on(async {
                let bridge = emulator
                    .bridge()
                    .user("neighbour")
                    .clock(Ticking::default());
                let bridge = bridge.build().await.unwrap();
                while !is_over.load(Ordering::SeqCst) {
                    // Refused or not: it takes what there is.
                    drop(bridge.connect().await);
                }
            });
        });
        let function = start_with(emulator.environment(&ca_file), &MANY);
        let invocations: Vec<_> = (0..INVOCATIONS)
            .map(|_| function.start_invocation("{}", LONGEST_TIMEOUT))
            .collect();
        while refused.load(Ordering::SeqCst) < 8 {
            thread::sleep(Duration::from_millis(10));
        }
        is_over.store(true, Ordering::SeqCst);
        for invocation in invocations {
            assert_eq!(invocation.wait().response().json(), items());
        }
    });
}
