//! Namespaces of this program's own: its processes end with it, and network and name resolution are its alone.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use crate::shell::run;

/// Set in the environment of the copy that runs in the namespaces.
const INSIDE: &str = "RDS_BRIDGE_CHAOS_INSIDE";
const NAMESPACES: &[&str] = &["--net", "--mount", "--pid", "--fork", "--kill-child"];
/// With these, an ordinary user may make the namespaces.
const AS_USER: &[&str] = &["--user", "--map-root-user"];

/// Whether this copy of the program runs in namespaces of its own.
pub(crate) fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs the program again, in namespaces of its own. Returns its exit code.
pub(crate) fn enter(arguments: &[impl AsRef<OsStr>]) -> ExitCode {
    let Some(mut unshare) = [&[][..], AS_USER].into_iter().find_map(usable) else {
        eprintln!(
            "chaos: this system forbids new network namespaces: run it as root, or allow user namespaces"
        );
        return ExitCode::FAILURE;
    };
    let status = unshare
        .arg(env::current_exe().unwrap())
        .args(arguments)
        .env(INSIDE, "1")
        .status()
        .unwrap();
    match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn usable(more: &[&str]) -> Option<Command> {
    let command = || {
        let mut unshare = Command::new("unshare");
        unshare.args(more).args(NAMESPACES);
        unshare
    };
    let mut trial = command();
    trial.arg("true").stderr(Stdio::null());
    let is_usable = trial.status().is_ok_and(|it| it.success());
    is_usable.then(command)
}

/// Prepares the namespaces: `/proc`, the loopback interface, and name resolution by the name server at 127.0.0.1.
pub(crate) fn prepare(folder: &Path) {
    run(&["mount", "-t", "proc", "proc", "/proc"]);
    run(&["ip", "link", "set", "lo", "up"]);
    replace_file(
        folder,
        "/etc/resolv.conf",
        "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n",
    );
    replace_file(folder, "/etc/nsswitch.conf", "hosts: files dns\n");
}

/// Replaces a file of the system for the processes of these namespaces.
fn replace_file(folder: &Path, path: &str, text: &str) {
    let own = folder.join(path.rsplit('/').next().unwrap());
    fs::write(&own, text).unwrap();
    if Path::new(path).exists() {
        run(&["mount", "--bind", own.to_str().unwrap(), path]);
    }
}
