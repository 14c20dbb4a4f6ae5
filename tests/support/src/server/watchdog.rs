//! A server process that cannot outlive the test, however the test ends.
//!
//! A shell is the parent of the server. It reads a pipe that only the test process holds: when the test process ends,
//! even by SIGKILL, the pipe ends too, and the shell kills the server and removes its folder. Linux has
//! PR_SET_PDEATHSIG for this, but it acts when the thread that started the server ends, and the threads of tests are
//! short-lived.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Its arguments are the folder, the log and the server's command. A line on standard input kills the server, or starts
/// it again; the end of standard input also removes the folder. The test process may be gone when the shell answers.
const SCRIPT: &str = r#"
folder=$1 log=$2
shift 2
trap '' PIPE
start() {
    # Emptied here, so that a reader of the log does not find what an earlier server has written.
    : >"$log"
    "$@" </dev/null >>"$log" 2>&1 &
    server=$!
}
end() {
    [ -n "$server" ] || return
    kill -9 "$server"
    wait "$server"
    server=
    true
}
start "$@"
while read -r line; do
    case $line in
        kill) end && echo killed ;;
        start) start "$@" && echo started ;;
    esac
done
end
rm -rf "$folder"
"#;

/// A server and the shell that watches it. Dropping it kills both and removes the folder.
#[derive(Debug)]
pub(super) struct Watchdog {
    shell: Child,
    /// `None` once it is being dropped.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    is_killed: bool,
}

impl Watchdog {
    /// Starts `server`, with its output in the file `log`.
    pub(super) fn start(server: &Command, folder: &Path, log: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", SCRIPT, "watchdog"])
            .args([folder, log])
            .arg(server.get_program())
            .args(server.get_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C is meant for the test process, which the shell must outlive.
            .process_group(0);
        for (name, value) in server.get_envs() {
            shell.env(name, value.unwrap_or_default());
        }
        let mut shell = shell.spawn().expect("sh");
        Self {
            commands: shell.stdin.take(),
            answers: BufReader::new(shell.stdout.take().expect("asked for")),
            shell,
            is_killed: false,
        }
    }

    /// Kills the server as a power failure would. Its folder stays.
    pub(super) fn kill(&mut self) {
        if !std::mem::replace(&mut self.is_killed, true) {
            self.tell("kill", "killed");
        }
    }

    /// Starts a killed server again, on its folder.
    pub(super) fn start_again(&mut self) {
        assert!(std::mem::take(&mut self.is_killed), "it still runs");
        self.tell("start", "started");
    }

    fn tell(&mut self, command: &str, expected: &str) {
        let pipe = self.commands.as_mut().expect("taken when dropped");
        writeln!(pipe, "{command}").expect("the shell waits for it");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("an answer");
        assert_eq!(answer.trim_end(), expected);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.commands.take());
        let _ended = self.shell.wait();
    }
}
