//! Connects up to TLS, and searches the memory of this process for the token that was signed meanwhile.
//! It prints how many tokens are in sandboxes, and how many elsewhere: first before the login, and then after the
//! token's text was requested.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a failing test panics"
)]

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use rds_bridge_emulator::Emulator;
use secrecy::ExposeSecret;

/// Wasmtime's name of an instance's initial memory.
const MEMORY_IMAGE: &str = "/memfd:wasm-memory-image";
/// The bytes before the signature, which has 64 hexadecimal digits.
const BEFORE_SIGNATURE: &[u8] = b"X-Amz-Signature=";
const SIGNATURE_LENGTH: usize = 64;
const PIECE_LENGTH: usize = 1 << 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let emulator = Emulator::start().unwrap();
    let bridge = emulator.bridge().build().await.unwrap();
    let connecting = bridge.begin().await.unwrap();
    let ready = connecting.load_credentials().await.unwrap();
    let connected = ready.resolve().await.unwrap().connect().await.unwrap();
    let greeted = connected.read_initial_handshake().await.unwrap();
    let established = greeted.start_tls().await.unwrap();
    print_tokens();
    // The login uses the token that was searched for. It comes before the second search: a server waits 10 seconds.
    let logged_in = established.log_in().await.unwrap();
    logged_in.set_up().await.unwrap();

    let ready = bridge.begin().await.unwrap().load_credentials().await;
    let token = ready.unwrap().token().unwrap().unwrap();
    print_tokens();
    assert!(!token.text.expose_secret().is_empty());
}

/// A writable memory mapping. Format: proc_pid_maps(5).
struct Mapping {
    begin: u64,
    end: u64,
    name: String,
}

/// Prints how many tokens are in sandboxes, and how many elsewhere.
fn print_tokens() {
    let mappings = mappings();
    let memory = File::open("/proc/self/mem").unwrap();
    let (mut within, mut outside) = (0, 0);
    for run in runs(&mappings) {
        let found: usize = run.iter().map(|it| tokens_in(&memory, it)).sum();
        match run.iter().any(|it| it.name.starts_with(MEMORY_IMAGE)) {
            true => within += found,
            false => outside += found,
        }
    }
    println!("{within} {outside}");
}

fn mappings() -> Vec<Mapping> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapping = |line: &str| {
        let mut fields = line.split_whitespace();
        let (begin, end) = fields.next().unwrap().split_once('-').unwrap();
        let is_writable = fields.next().unwrap().starts_with("rw");
        let number = |text| u64::from_str_radix(text, 16).unwrap();
        is_writable.then(|| Mapping {
            begin: number(begin),
            end: number(end),
            name: fields.nth(3).unwrap_or_default().to_owned(),
        })
    };
    maps.lines().filter_map(mapping).collect()
}

/// Groups of mappings that follow each other without a gap.
fn runs(mappings: &[Mapping]) -> Vec<Vec<&Mapping>> {
    let mut runs: Vec<Vec<&Mapping>> = Vec::new();
    for mapping in mappings {
        match runs.last_mut() {
            Some(run) if run[run.len() - 1].end == mapping.begin => run.push(mapping),
            _ => runs.push(vec![mapping]),
        }
    }
    runs
}

fn tokens_in(memory: &File, mapping: &Mapping) -> usize {
    let overlap = BEFORE_SIGNATURE.len() + SIGNATURE_LENGTH - 1;
    let mut found = 0;
    let mut at = mapping.begin;
    let mut piece = vec![0; PIECE_LENGTH];
    while at < mapping.end {
        let Ok(length @ 1..) = memory.read_at(&mut piece, at) else {
            break;
        };
        let within = usize::try_from(mapping.end - at).unwrap().min(length);
        // Most of the memory is zero, so a quick test comes first.
        if piece[..within].contains(&BEFORE_SIGNATURE[0]) {
            let windows = piece[..within].windows(overlap + 1);
            found += windows.filter(|window| is_signature(window)).count();
        }
        if within <= overlap {
            break;
        }
        at += u64::try_from(within - overlap).unwrap();
    }
    piece.fill(0);
    found
}

fn is_signature(window: &[u8]) -> bool {
    let (before, signature) = window.split_at(BEFORE_SIGNATURE.len());
    before == BEFORE_SIGNATURE && signature.iter().all(u8::is_ascii_hexdigit)
}
