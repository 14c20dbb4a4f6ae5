//! The emulator's optional faults, as a client observes them.

use std::time::{Duration, Instant};

use rds_bridge::component::HandshakeError;
use rds_bridge::mysql::Connection;
use rds_bridge::{Error, ErrorKind, Stage};
use rds_bridge_emulator::{AuthSwitchTail, Emulator, EventKind, Faults, Refusal};

use crate::helpers::live::block_on;

fn with(faults: Faults) -> Emulator {
    Emulator::builder().faults(faults).start().unwrap()
}

async fn connect(emulator: &Emulator) -> Result<Connection, Error> {
    emulator.bridge().build().await?.connect().await
}

#[test]
fn refusals_by_their_numbers() {
    for (refusal, code) in [
        (Refusal::AccessDenied, 1045),
        (Refusal::TooManyConnections, 1040),
        (Refusal::HostBlocked, 1129),
        (Refusal::AccountLocked, 3118),
    ] {
        let emulator = with(Faults {
            refuse: Some(refusal),
            ..Faults::default()
        });
        let error = block_on(connect(&emulator)).unwrap_err();
        let told = error.server_error().unwrap();
        assert_eq!(told.code, code, "{error}");
        let event = emulator.events().pop().unwrap();
        assert!(
            event
                .to_string()
                .contains("the emulator is set to refuse it"),
            "{event}"
        );

        emulator.set_faults(Faults::default());
        block_on(connect(&emulator)).unwrap();
    }
}

#[test]
fn no_tls() {
    let emulator = with(Faults {
        no_tls: true,
        ..Faults::default()
    });
    let error = block_on(connect(&emulator)).unwrap_err();
    assert!(
        matches!(
            error.kind(),
            ErrorKind::Handshake(HandshakeError::TlsNotOffered)
        ),
        "{error:?}"
    );
}

#[test]
fn an_expired_certificate() {
    let emulator = Emulator::builder()
        .expired_certificate(true)
        .start()
        .unwrap();
    let error = block_on(connect(&emulator)).unwrap_err();
    assert_eq!(error.stage(), Stage::Tls);
    assert!(error.to_string().contains("expired"), "{error}");
    // The emulator notices only when the client has disconnected.
    let heard = || emulator.events().pop();
    let event = loop {
        match heard() {
            Some(event) => break event,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    assert!(
        event.to_string().contains("refused the certificate"),
        "{event}"
    );
}

#[test]
fn every_form_of_the_auth_switch() {
    for tail in [
        AuthSwitchTail::Nothing,
        AuthSwitchTail::Nul,
        AuthSwitchTail::Challenge,
    ] {
        let emulator = with(Faults {
            auth_switch_tail: tail,
            ..Faults::default()
        });
        block_on(connect(&emulator)).unwrap();
    }
}

#[test]
fn a_delay_before_each_answer() {
    let delay = Duration::from_millis(30);
    let emulator = with(Faults {
        delay,
        ..Faults::default()
    });
    let begun = Instant::now();
    block_on(connect(&emulator)).unwrap();
    // The greeting, TLS, the request for the token, the result.
    assert!(begun.elapsed() > delay * 4, "{:?}", begun.elapsed());
}

#[test]
fn cut_at_every_length_up_to_a_login() {
    let emulator = Emulator::start().unwrap();
    let mut cuts = 0;
    for cut_after in (0..3_000).step_by(37) {
        emulator.set_faults(Faults {
            cut_after: Some(cut_after),
            ..Faults::default()
        });
        match block_on(connect(&emulator)) {
            Ok(_) => break,
            Err(error) => {
                assert!(
                    matches!(
                        error.kind(),
                        ErrorKind::Closed | ErrorKind::Io(_) | ErrorKind::Tls(_)
                    ),
                    "{cut_after}: {error:?}"
                );
                cuts += 1;
            }
        }
    }
    assert!(cuts > 20, "{cuts}");
    emulator.set_faults(Faults::default());
    block_on(connect(&emulator)).unwrap();
}

#[test]
fn throttled_tokens_are_good_and_refused() {
    let mut builder = Emulator::builder().connections_per_second(1);
    let users: Vec<String> = (0..10).map(|number| format!("user-{number}")).collect();
    for user in &users {
        builder = builder.user(user);
    }
    let emulator = builder.start().unwrap();
    let engine = rds_bridge::component::Engine::new().unwrap();
    let codes: Vec<Option<u16>> = users
        .iter()
        .map(|user| {
            let builder = emulator.bridge().engine(engine.clone()).user(user);
            let connected = block_on(async { builder.build().await?.connect().await });
            connected
                .err()
                .map(|error| error.server_error().unwrap().code)
        })
        .collect();
    let refused = codes.iter().filter(|code| code.is_some()).count();
    // On a slow machine they take more than a second, and more of them are accepted.
    assert!(refused >= 1, "{codes:?}");
    assert!(codes.iter().flatten().all(|code| *code == 1045));
    let reasons = emulator
        .events()
        .into_iter()
        .filter_map(|event| match event.kind {
            EventKind::Refused { reason, .. } => Some(reason),
            _ => None,
        });
    for reason in reasons {
        assert!(reason.contains("more new connections"), "{reason}");
    }
}
