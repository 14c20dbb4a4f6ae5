//! The floor: signs without a library, and speaks a minimal protocol with blocking calls.

mod connection;
pub mod reader;
pub mod values;

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, NamedGroup, RootCertStore};

use super::Contender;
use crate::settings::Settings;
use crate::sign::by_hand;
pub use connection::Connection;

pub struct Bare<'a> {
    name: &'static str,
    settings: &'a Settings,
    tls: Arc<ClientConfig>,
}

impl<'a> Bare<'a> {
    pub fn resuming(settings: &'a Settings) -> Self {
        let tls = Arc::new(tls(settings));
        let name = "bare";
        Self {
            name,
            settings,
            tls,
        }
    }

    /// With a key share that MySQL accepts, unlike rustls's first. A process that connects once saves a round trip.
    pub fn offering_p_256(settings: &'a Settings) -> Self {
        let mut provider = ring::default_provider();
        let groups = &mut provider.kx_groups;
        groups.sort_by_key(|it| it.name() != NamedGroup::secp256r1);
        let tls = Arc::new(tls_with(settings, provider));
        let name = "bare, P-256";
        Self {
            name,
            settings,
            tls,
        }
    }

    /// Without session resumption: each connection has a full TLS handshake.
    pub fn not_resuming(settings: &'a Settings) -> Self {
        let mut tls = tls(settings);
        tls.resumption = Resumption::disabled();
        let name = "bare, not resuming";
        Self {
            name,
            settings,
            tls: Arc::new(tls),
        }
    }

    /// Opens a connection with a new token.
    pub fn open(&self) -> io::Result<Connection> {
        let Settings {
            address,
            endpoint,
            user,
            database,
            ..
        } = self.settings;
        let name = ServerName::try_from(endpoint.clone()).expect("a name");
        let tls = rustls::ClientConnection::new(Arc::clone(&self.tls), name).expect("TLS");
        let token = by_hand::token(self.settings);
        Connection::open(*address, tls, user, database, &token)
    }
}

impl Contender for Bare<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn connect(&self, times: u32) {
        for _ in 0..times {
            let mut connection = self.open().expect("a connection");
            let rows = connection.query("SELECT 1").expect("rows");
            assert_eq!(rows, [[b"1"]]);
            connection.close().expect("closed");
        }
    }
}

fn tls(settings: &Settings) -> ClientConfig {
    tls_with(settings, ring::default_provider())
}

fn tls_with(settings: &Settings, provider: CryptoProvider) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let pem = CertificateDer::from_pem_file(&settings.ca_file).expect("a certificate");
    roots.add(pem).expect("an authority");
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
