//! The floor of a whole process: signs without a library, uses rustls, and prints the items. `start_bare [p-256]`.

use std::io::{self, Write};

use rds_bridge_bench_peers::contenders::bare::Bare;
use rds_bridge_bench_peers::settings::{STATEMENT, Settings};

fn main() -> io::Result<()> {
    let settings = Settings::from_environment();
    let bare = match std::env::args().nth(1).as_deref() {
        Some("p-256") => Bare::offering_p_256(&settings),
        Some(other) => panic!("{other}: expected p-256, or nothing"),
        None => Bare::resuming(&settings),
    };
    let mut connection = bare.open()?;
    let mut lines = Vec::new();
    for row in connection.query(STATEMENT)? {
        lines.extend(row.join(&b'\t'));
        lines.push(b'\n');
    }
    io::stdout().write_all(&lines)?;
    connection.close()
}
