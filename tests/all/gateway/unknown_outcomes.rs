//! Requests while the network and the server fail, from real clients with their own retries: what a client was told
//! about a line of a ledger is true, and no line is there twice.

use std::collections::HashMap;
use std::env;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rds_bridge_test_support::fault_proxy::{Fault, FaultProxy, Side};
use rds_bridge_test_support::node;
use rds_bridge_test_support::python::interpreter;
use rds_bridge_test_support::server::{Options, Product, Server};
use serde_json::Value as Json;

use crate::helpers::command::stderr;
use crate::helpers::emulator::server::test_file;
use crate::helpers::gateway::Gateway;

/// The requests of each of the three clients. `./just test-gateway-faults` sends more.
const REQUESTS: &str = "RDS_BRIDGE_FAULT_REQUESTS";
const FEW: u32 = 100;

/// Kills all connections of the gateway's user but the caller's. A connection may end by itself meanwhile.
const KILL_OTHERS: &str = "
DELIMITER //
CREATE PROCEDURE iamtest.kill_others()
BEGIN
    DECLARE other BIGINT;
    DECLARE is_over BOOLEAN DEFAULT FALSE;
    DECLARE others CURSOR FOR
        SELECT id FROM information_schema.processlist WHERE user = 'admin' AND id <> CONNECTION_ID();
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET is_over = TRUE;
    DECLARE CONTINUE HANDLER FOR 1094 BEGIN END;
    OPEN others;
    REPEAT
        FETCH others INTO other;
        KILL other;
    UNTIL is_over END REPEAT;
END//";

#[test]
fn every_line_is_what_its_client_was_told() {
    let requests = env::var(REQUESTS).map_or(FEW, |it| it.parse().unwrap());
    // The log of a transaction is written at its commit, so that it survives a kill.
    let arguments = vec!["--innodb-flush-log-at-trx-commit=2".to_owned()];
    let options = Options {
        arguments,
        ..Options::default()
    };
    let server = Server::start(Product::MySql, &options);
    // Without a unique key, so that a second line would be there.
    server.execute_as_admin(
        "CREATE TABLE iamtest.ledger (n INT PRIMARY KEY AUTO_INCREMENT, line VARCHAR(40), KEY (line))",
    );
    server.execute_as_admin(KILL_OTHERS);
    let relay = FaultProxy::start(server.address(), Fault::Pass);
    let address = relay.address().to_string();
    let gateway = Gateway::start_as_admin(
        &server,
        &[
            "--trust-loopback",
            "--allow-writes",
            "--max-connections=16",
            "--connect-to",
            &address,
        ],
    );
    let running = AtomicUsize::new(3);
    let (told, faults) = thread::scope(|scope| {
        let clients = clients(&gateway, requests).map(|mut client| {
            let running = &running;
            scope.spawn(move || {
                let output = client.output().unwrap();
                running.fetch_sub(1, Ordering::SeqCst);
                read(&output)
            })
        });
        let faults = inject(&server, &relay, &running);
        let told: Vec<Json> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        (told, faults)
    });
    assert_eq!(told.len(), usize::try_from(requests * 3).unwrap());
    compare(&told, &ledger(&server), faults);
}

/// boto3, the AWS SDK for JavaScript and PlanetScale's client.
fn clients(gateway: &Gateway, requests: u32) -> [Command; 3] {
    let mut boto3 = Command::new(interpreter());
    boto3.arg(test_file("python/gateway/ledger.py"));
    let script = test_file("node/ledger.mjs");
    let [mut aws, mut planetscale] = [node::command(&script), node::command(&script)];
    aws.env("CLIENT", "aws");
    planetscale.env("CLIENT", "planetscale");
    let mut clients = [boto3, aws, planetscale];
    for client in &mut clients {
        client
            .env("REQUESTS", requests.to_string())
            .env("AWS_ENDPOINT_URL_RDS_DATA", gateway.url())
            .env("AWS_ACCESS_KEY_ID", "any")
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE");
    }
    clients
}

/// What a client says about each of its lines.
fn read(output: &Output) -> Vec<Json> {
    assert!(output.status.success(), "{}", stderr(output));
    let lines = String::from_utf8(output.stdout.clone()).unwrap();
    let lines = lines.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// How long there is no fault, after one.
const PEACE: Duration = Duration::from_millis(60);
/// How long a fault lasts that ends connections.
const FAULT: Duration = Duration::from_millis(8);

/// Injects one fault after the other, until no client runs. Returns their number.
fn inject(server: &Server, relay: &FaultProxy, running: &AtomicUsize) -> u32 {
    let mut faults = 0;
    while running.load(Ordering::SeqCst) > 0 {
        thread::sleep(PEACE + Duration::from_millis(u64::from(faults * 37 % 50)));
        let (from, after) = (Side::Server, 0);
        match faults % 9 {
            // Before the statement reaches the server.
            0 => during(
                relay,
                Fault::Cut {
                    from: Side::Client,
                    after,
                },
                FAULT,
            ),
            // After the server has executed it.
            1 => during(relay, Fault::Cut { from, after }, FAULT),
            2 => during(relay, Fault::Reset { from, after }, FAULT),
            3 => during(
                relay,
                Fault::Reset {
                    from: Side::Client,
                    after,
                },
                FAULT,
            ),
            // Within an answer.
            4 => {
                during(relay, Fault::OneByteAtATime, FAULT * 2);
                relay.close_connections();
            }
            5 => during(relay, Fault::Delay(Duration::from_millis(20)), FAULT * 20),
            6 => drop(server.execute_as_admin("CALL iamtest.kill_others()")),
            7 => {
                during(relay, Fault::BlackHole, FAULT * 20);
                relay.close_connections();
            }
            // The end of the server takes seconds, so it is rare.
            _ if faults % 54 == 8 => {
                server.kill();
                server.start_again();
            }
            _ => relay.close_connections(),
        }
        faults += 1;
    }
    faults
}

fn during(relay: &FaultProxy, fault: Fault, time: Duration) {
    relay.set(fault);
    thread::sleep(time);
    relay.set(Fault::Pass);
}

/// How often each line is in the ledger.
fn ledger(server: &Server) -> HashMap<String, u32> {
    let counts = "SELECT line, COUNT(*) FROM iamtest.ledger GROUP BY line";
    let counts = server.execute_as_admin(counts);
    let counts = counts.lines().map(|line| line.split_once('\t').unwrap());
    counts
        .map(|(line, count)| (line.to_owned(), count.parse().unwrap()))
        .collect()
}

fn compare(told: &[Json], ledger: &HashMap<String, u32>, faults: u32) {
    let mut numbers = HashMap::<(&str, u32), u32>::new();
    let mut retries = 0;
    for line in told {
        let count = ledger.get(line["line"].as_str().unwrap()).copied();
        let count = count.unwrap_or_default();
        let outcome = line["outcome"].as_str().unwrap();
        match outcome {
            "confirmed" => assert_eq!(count, 1, "{line}"),
            "failed" => assert_eq!(count, 0, "{line}"),
            "unknown" => assert!(count <= 1, "{line}"),
            other => panic!("{other}"),
        }
        *numbers.entry((outcome, count)).or_default() += 1;
        retries += line["retries"].as_u64().unwrap();
    }
    println!(
        "{faults} faults, {retries} retries of the clients; lines by outcome and count: {numbers:?}"
    );
    let number = |outcome| -> u32 {
        let of_outcome = numbers.iter().filter(|((it, _), _)| *it == outcome);
        of_outcome.map(|(_, number)| number).sum()
    };
    // Otherwise the faults have not met the requests, or have left none.
    assert!(
        number("confirmed") * 10 > u32::try_from(told.len()).unwrap(),
        "{numbers:?}"
    );
    assert!(number("unknown") + number("failed") > 0, "{numbers:?}");
}
