//! Runs a program once and measures it. `once PROGRAM ARGUMENTS…`
//!
//! The first line of its output contains the time from the program's start to its first byte and to its end, and its
//! CPU time, in microseconds; its peak memory in KiB; and how many bytes and lines it printed. The beginning of the
//! program's output follows. This is a separate program because the system counts a parent's memory as a part of its
//! child's peak, and this parent is small.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use rds_bridge_bench_peers::process::{cpu_of_children, peak_kib_of_children};

/// How many bytes of the output are passed on.
const PASSED_ON: usize = 4 << 10;
const BUFFER_LENGTH: usize = 64 << 10;

fn main() -> io::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let mut command = Command::new(arguments.next().expect("a program"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut buffer = vec![0; BUFFER_LENGTH];
    let mut output = Vec::with_capacity(PASSED_ON);
    let (mut bytes, mut lines) = (0, 0);
    let mut until_first_byte = None;

    let start = Instant::now();
    let mut child = command.spawn()?;
    let mut stdout = child.stdout.take().expect("a pipe");
    loop {
        let length = stdout.read(&mut buffer)?;
        until_first_byte.get_or_insert_with(|| start.elapsed());
        let read = &buffer[..length];
        if read.is_empty() {
            break;
        }
        bytes += read.len();
        lines += read.iter().filter(|&&byte| byte == b'\n').count();
        let room = PASSED_ON - output.len();
        output.extend(&read[..read.len().min(room)]);
    }
    let status = child.wait()?;
    let until_end = start.elapsed();

    assert!(status.success(), "{command:?}: {status}");
    let first_byte = until_first_byte.unwrap_or_default().as_micros();
    let end = until_end.as_micros();
    let cpu = cpu_of_children().as_micros();
    let peak = peak_kib_of_children();
    println!("{first_byte} {end} {cpu} {peak} {bytes} {lines}");
    io::stdout().write_all(&output)
}
