//! The floor of a whole process: signs without a library, uses rustls, and prints the items.

use std::io::{self, Write};

use rds_bridge_bench_peers::contenders::bare::Bare;
use rds_bridge_bench_peers::settings::{STATEMENT, Settings};

fn main() -> io::Result<()> {
    let settings = Settings::from_environment();
    let mut connection = Bare::resuming(&settings).open()?;
    let mut lines = Vec::new();
    for row in connection.query(STATEMENT)? {
        lines.extend(row.join(&b'\t'));
        lines.push(b'\n');
    }
    io::stdout().write_all(&lines)?;
    connection.close()
}
