//! Runs one program once, and measures it. `once PROGRAM ARGUMENTS…`
//!
//! The first line that it prints has how long it took from its start to its first byte and to its end, in
//! microseconds, and the most memory that it had, in KiB; then follows what the program printed. It is a
//! program by itself since the system counts what the parent had among the child's memory: this one is
//! small.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use rds_bridge_bench::process::peak_kib_of_children;

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let mut command = Command::new(arguments.next().expect("a program"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut output = Vec::with_capacity(4 << 10);

    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut first = [0];
    let length = stdout.read(&mut first)?;
    let until_first_byte = start.elapsed();
    stdout.read_to_end(&mut output)?;
    let status = child.wait()?;
    let until_end = start.elapsed();

    assert!(status.success(), "{command:?}: {status}");
    let peak = peak_kib_of_children();
    let (first_byte, end) = (until_first_byte.as_micros(), until_end.as_micros());
    println!("{first_byte} {end} {peak}");
    io::stdout().write_all(&first[..length])?;
    io::stdout().write_all(&output)
}
