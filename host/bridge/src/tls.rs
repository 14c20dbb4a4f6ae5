//! TLS: certificate authorities, and the description of certificates.
//!
//! | type | what it is |
//! |---|---|
//! | [`TrustAnchors`] | the roots that a server's certificate must chain to: those of RDS and Amazon, or a CA file |
//! | [`bundled`] | the certificates of those roots |
//! | [`Certificate`] | subject, names and dates of a certificate, for messages |
//! | [`identity_names`] | the names by which a client's certificate identifies it |

mod ca_file;
mod certificate;
mod client_config;
mod identity_names;
mod pem;
mod presented;
mod roots;
mod stream;
mod trust_anchors;

pub use ca_file::{CaFileError, CaFileProblem};
pub use certificate::{Certificate, NotACertificate};
pub(crate) use client_config::client_config;
pub use identity_names::identity_names;
pub use pem::{Flaw, PemError};
pub(crate) use presented::with_refused;
pub use roots::bundled;
pub(crate) use roots::bundles_region;
pub use stream::TlsStream;
pub use trust_anchors::{TrustAnchors, TrustAnchorsError};
