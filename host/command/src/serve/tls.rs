//! The options of TLS with callers.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::tls_files::TlsFiles;

#[derive(Args, Debug)]
#[command(next_help_heading = "TLS with callers")]
pub(crate) struct TlsArguments {
    /// PEM file of the certificate, with its chain, for TLS with callers; requires --tls-key
    ///
    /// With this option, and --api-key-file or --client-ca-file, --listen may be an address that other machines can
    /// reach. On SIGHUP, the gateway reads the file again, and also those of --tls-key, --client-ca-file and
    /// --api-key-file.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_TLS_CERTIFICATE",
        requires = "tls_key",
        value_name = "FILE"
    )]
    tls_certificate: Option<PathBuf>,

    /// PEM file of the private key of --tls-certificate
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_TLS_KEY",
        requires = "tls_certificate",
        value_name = "FILE"
    )]
    tls_key: Option<PathBuf>,

    /// PEM file of the authorities that issue callers' certificates
    ///
    /// Without --api-key-file, every caller needs a certificate. A caller without other credentials gets its name from
    /// the certificate: the first DNS name, e-mail address or URI in subjectAltName, or the common name if there is no
    /// subjectAltName.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_CLIENT_CA_FILE",
        requires = "tls_certificate",
        conflicts_with = "trust_loopback",
        value_name = "FILE"
    )]
    client_ca_file: Option<PathBuf>,

    /// Let other machines reach the gateway without TLS, because a proxy in front of it terminates TLS
    ///
    /// Only this proxy may be able to reach the gateway. It must append the caller's address to X-Forwarded-For: the
    /// gateway uses the last address there to limit how fast keys can be guessed.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_BEHIND_TLS_PROXY",
        conflicts_with_all = ["tls_certificate", "trust_loopback"],
        value_parser = BoolishValueParser::new()
    )]
    behind_tls_proxy: bool,
}

impl TlsArguments {
    /// The files for TLS, if it is offered.
    pub(super) fn files(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.tls_certificate.clone()?,
            key: self.tls_key.clone()?,
            client_ca: self.client_ca_file.clone(),
        })
    }

    /// Whether callers may have a certificate.
    pub(super) fn has_client_ca(&self) -> bool {
        self.client_ca_file.is_some()
    }

    pub(super) fn is_behind_proxy(&self) -> bool {
        self.behind_tls_proxy
    }
}
