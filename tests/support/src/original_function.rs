//! The Lambda function that rds-bridge replaces, as Lambda runs it: boto3 and PyMySQL on `awslambdaric`, AWS's own
//! client of the Runtime API for Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::expectation::Expectation;
use crate::python::interpreter;
use crate::server::Server;

const SOURCE: &str = "lambda_function.py";

/// The function's unpacked package, which Lambda has at `/var/task`.
#[derive(Debug)]
pub struct OriginalFunction {
    folder: TempDir,
}

impl OriginalFunction {
    /// Unpacks the package and compiles its bytecode, because the bytecode of Python and of its libraries exists before
    /// Lambda starts them.
    ///
    /// # Panics
    ///
    /// As [`interpreter`].
    #[must_use]
    pub fn unpack() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/clients");
        fs::copy(clients.join(SOURCE), folder.path().join(SOURCE)).unwrap();
        let compiled = Command::new(interpreter())
            .args(["-m", "compileall", "-q"])
            .arg(folder.path())
            .status();
        assert!(compiled.unwrap().success(), "{SOURCE}");
        Self { folder }
    }

    /// A command that starts the function. `environment` is its whole environment.
    #[must_use]
    pub fn command(&self, environment: &[(&'static str, String)]) -> Command {
        self.command_of("lambda_function.lambda_handler", environment)
    }

    /// As [`Self::command`], with another handler, from a file that the test has put beside the function.
    #[must_use]
    pub fn command_of(&self, handler: &str, environment: &[(&'static str, String)]) -> Command {
        let mut command = Command::new(interpreter());
        command
            .args(["-m", "awslambdaric", handler])
            .env_clear()
            .env("PYTHONPATH", self.folder.path())
            .envs(environment.iter().cloned());
        command
    }

    /// The folder of its files.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// The environment of a function that has one name for a server: it signs for that name and connects to it. The server
/// is told to expect that name.
#[must_use]
pub fn environment(server: &Server) -> Vec<(&'static str, String)> {
    let expectation = localhost_expectation(server);
    server.expect(&expectation);
    vec![
        ("DB_HOST", expectation.host),
        ("DB_PORT", expectation.port.to_string()),
        ("DB_USER", "lambda-user".to_owned()),
        ("DB_NAME", "iamtest".to_owned()),
        ("DB_CA_FILE", server.ca_file().display().to_string()),
        ("AWS_REGION", expectation.region.clone()),
        ("AWS_DEFAULT_REGION", expectation.region),
        ("AWS_ACCESS_KEY_ID", expectation.access_key_id),
        ("AWS_SECRET_ACCESS_KEY", expectation.secret_access_key),
    ]
}

/// What a server expects of tokens for `localhost` and its port.
#[must_use]
pub fn localhost_expectation(server: &Server) -> Expectation {
    Expectation {
        host: "localhost".to_owned(),
        port: server.port(),
        ..Expectation::default()
    }
}
