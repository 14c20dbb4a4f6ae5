//! The options of TLS with callers.

use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use crate::tls_files::TlsFiles;

#[derive(Args, Debug)]
#[command(next_help_heading = "TLS with callers")]
pub(crate) struct TlsArguments {
    /// PEM file of the certificate, with its chain, for TLS with callers; needs --tls-key
    ///
    /// With it and --api-key-file or --client-ca-file, --listen may be an address that other machines reach. The file is
    /// read again on SIGHUP, and so are those of --tls-key, --client-ca-file and --api-key-file.
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

    /// PEM file of the certificate authorities of callers that have a certificate
    ///
    /// Without --api-key-file every caller needs a certificate. The name of a caller without other credentials is the
    /// first DNS name, e-mail address or URI of the certificate's subjectAltName, or the common name of a certificate
    /// without subjectAltName.
    #[arg(
        long,
        env = "RDS_BRIDGE_SERVE_CLIENT_CA_FILE",
        requires = "tls_certificate",
        conflicts_with = "trust_loopback",
        value_name = "FILE"
    )]
    client_ca_file: Option<PathBuf>,

    /// Let other machines reach the gateway without TLS, because a proxy in front of it offers TLS
    ///
    /// Nothing else may be able to reach the gateway. The proxy must append the caller's address to X-Forwarded-For: by
    /// the last address there, the gateway limits how fast keys can be guessed.
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
