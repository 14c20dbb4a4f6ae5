//! The errors of starting the emulator.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use rds_bridge::component::Fault;

/// Why the emulator cannot start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on, mostly because another program uses it.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system, with its kind. If the address is in use, the text names the remedy.
        #[source]
        source: io::Error,
    },
    /// A setting cannot be used.
    #[error("{setting}: {problem}")]
    Setting {
        /// The name of the method of [`EmulatorBuilder`](crate::EmulatorBuilder).
        setting: &'static str,
        /// Why the value cannot be used.
        problem: String,
    },
    /// A file of statements cannot be read.
    #[error("cannot read {}", path.display())]
    SeedFile {
        /// The path of the file.
        path: PathBuf,
        /// Why the file cannot be read: the error of the operating system, or [`io::ErrorKind::InvalidData`] for
        /// UTF-16.
        #[source]
        source: io::Error,
    },
    /// A statement of a seed cannot be executed.
    #[error("{}line {line}: {message}", match file {
        Some(file) => format!("{}, ", file.display()),
        None => "the SQL of EmulatorBuilder::seed, ".to_owned(),
    })]
    Seed {
        /// The path of the statement's file, if it comes from one.
        file: Option<PathBuf>,
        /// The line on which the statement begins, counted from 1.
        line: usize,
        /// The message of the error.
        message: String,
    },
    /// The database cannot be opened.
    #[error("cannot open the database")]
    Database(#[source] rusqlite::Error),
    /// The folder for a temporary database cannot be created.
    #[error("cannot create a temporary folder")]
    TemporaryFolder(#[source] io::Error),
    /// The certificate cannot be issued, because of an invalid name for example.
    #[error("cannot create a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The component cannot be loaded.
    #[error(transparent)]
    Fault(#[from] Fault),
}
