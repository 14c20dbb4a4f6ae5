//! Why the emulator does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use rds_bridge::component::Fault;

/// Why the emulator does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address cannot be listened on: mostly, somebody else does.
    #[error("cannot listen on {address}{}", if source.kind() == io::ErrorKind::AddrInUse {
        ": another program does; give another port, or 0 for a free one"
    } else {
        ""
    })]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A setting cannot be used.
    #[error("{setting}: {problem}")]
    Setting {
        /// The builder's method.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The file of statements cannot be read.
    #[error("cannot read {}", path.display())]
    SeedFile {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// A statement of the seed is refused.
    #[error("{}line {line}: {message}", match file {
        Some(file) => format!("{}, ", file.display()),
        None => "the seed, ".to_owned(),
    })]
    Seed {
        /// The file that it is in, if it is in one.
        file: Option<PathBuf>,
        /// Where it begins, counted from 1.
        line: usize,
        /// What is wrong, mostly in SQLite's words.
        message: String,
    },
    /// The database cannot be opened.
    #[error("cannot open the database")]
    Database(#[source] rusqlite::Error),
    /// There is no place for a database that is not kept.
    #[error("cannot make a folder among the temporary files")]
    TemporaryFolder(#[source] io::Error),
    /// The certificate cannot be made, for an invalid name for example.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS cannot be set up.
    #[error("cannot set TLS up")]
    Tls(#[from] rustls::Error),
    /// The component cannot be loaded.
    #[error(transparent)]
    Fault(#[from] Fault),
}
