//! Programs that run as a user runs them, from start to end. The programs and `once` are expected in this program's
//! folder.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{PASSWORD, Product};
use tempfile::TempDir;

use crate::settings::{Settings, text};

/// A program with its arguments and its whole environment.
pub struct Process {
    pub name: &'static str,
    pub command: Vec<String>,
    pub environment: Vec<(&'static str, String)>,
}

/// What a run used and printed.
pub struct Run {
    pub milliseconds_to_first_byte: f64,
    pub milliseconds: f64,
    /// In user and system mode.
    pub cpu_milliseconds: f64,
    /// The peak memory of the process.
    pub peak_megabytes: f64,
    pub bytes: u64,
    pub lines: u64,
    /// The beginning of the output.
    pub output: String,
}

impl Process {
    pub fn new(name: &'static str, settings: &Settings, command: &[&str]) -> Self {
        Self {
            name,
            command: command.iter().map(|&word| word.to_owned()).collect(),
            environment: settings.environment(),
        }
    }

    /// The command line client of the server's vendor, with a password, because it cannot sign tokens.
    pub fn makers_client(name: &'static str, settings: &Settings, arguments: &[&str]) -> Self {
        let (host, port) = (settings.address.ip(), settings.address.port());
        let client = settings.product.client();
        let verifying = match settings.product {
            Product::MySql => "--ssl-mode=VERIFY_CA",
            Product::MariaDb => "--ssl-verify-server-cert",
        };
        let login = [
            client.get_program().to_str().expect("UTF-8"),
            "--no-defaults",
            "--batch",
            verifying,
            &format!("--ssl-ca={}", text(&settings.ca_file)),
            &format!("--host={host}"),
            &format!("--port={port}"),
            "--user=password-user",
            &format!("--database={}", settings.database),
        ];
        let mut process = Self::new(name, settings, &[&login, arguments].concat());
        let password = ("MYSQL_PWD", PASSWORD.to_owned());
        process.environment.push(password);
        process
    }

    /// A script in `tests/python/scripts`. Its first arguments are the login's settings.
    pub fn python(
        name: &'static str,
        settings: &Settings,
        script: &str,
        arguments: &[&str],
    ) -> Self {
        let login = [
            text(&python::interpreter()),
            text(&python::script(script)),
            settings.address.ip().to_string(),
            settings.address.port().to_string(),
            text(&settings.ca_file),
            settings.endpoint.clone(),
            settings.region.clone(),
            settings.user.clone(),
        ];
        let login = login.each_ref().map(String::as_str);
        Self::new(name, settings, &[&login, arguments].concat())
    }

    /// Runs the program once.
    pub fn run(&self) -> Run {
        let mut once = Command::new(beside("once"));
        once.args(&self.command).env_clear();
        for (name, value) in &self.environment {
            once.env(name, value);
        }
        let output = once.output().expect("once");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {complaint}", self.name);
        // What follows the line of figures may be a binary format.
        let said = String::from_utf8_lossy(&output.stdout);
        let (figures, output) = said.split_once('\n').expect("a line of figures");
        let figures = figures.split(' ').map(|it| it.parse().expect("a number"));
        let figures: Vec<u64> = figures.collect();
        let [first_byte, end, cpu, peak, bytes, lines] = figures[..] else {
            panic!("{} figures", figures.len());
        };
        Run {
            milliseconds_to_first_byte: first_byte as f64 / 1e3,
            milliseconds: end as f64 / 1e3,
            cpu_milliseconds: cpu as f64 / 1e3,
            peak_megabytes: peak as f64 / 1024.0,
            bytes,
            lines,
            output: output.to_owned(),
        }
    }
}

/// Copies of programs that were built with this one, as an installer makes them.
///
/// The pages of a program that was just linked are scattered in the page cache, as the linker wrote them. It starts
/// slower than it ever will again.
pub struct Installed(TempDir);

impl Installed {
    #[expect(
        clippy::new_without_default,
        reason = "it creates a folder, so the caller must use the result"
    )]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// The path of a copy of the program.
    pub fn program(&self, name: &str) -> String {
        let installed = self.0.path().join(name);
        fs::copy(beside(name), &installed).expect("a program to copy");
        text(&installed)
    }
}

/// The path of a program that was built with this one.
pub fn beside(name: &str) -> String {
    let own: PathBuf = env::current_exe().expect("this program");
    text(&own.with_file_name(name))
}
