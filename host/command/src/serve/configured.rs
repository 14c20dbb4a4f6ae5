//! The gateway of a configuration file.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rds_bridge::component::Engine;
use rds_bridge::pool::ConnectionRate;
use rds_bridge_access::{Caller, Database, GatewayConfig, ProxyConfig};
use rds_bridge_gateway::{
    CallerAuthentication, DatabasePools, Gateway, GatewayBuilder, Keys, NoRandomness, Policy,
    TlsConfig, TokenIssuer,
};
use zeroize::Zeroizing;

use super::arguments::Serve;
use crate::config_file::{ConfigFile, own, server_of};
use crate::error::Error;
use crate::gateway_error::GatewayError;
use crate::tls_files::TlsFiles;

/// A shorter secret could be guessed.
const SHORTEST_SECRET: usize = 16;

impl ConfigFile {
    /// The gateway's settings. The options give what the file leaves out.
    pub(super) fn gateway(
        &self,
        arguments: &Serve,
        engine: &Engine,
    ) -> Result<GatewayBuilder, Error> {
        if self.config.databases.is_empty() {
            return Err(self
                .problem("[databases.NAME] is missing: the gateway needs at least one database"));
        }
        let mut builder = Gateway::builder(self.callers()?).policy(Policy::new(&self.config));
        let mut rates = HashMap::new();
        for (name, database) in &self.config.databases {
            let rate = rates.entry(server_of(database)).or_insert_with(|| {
                let per_second = self.connections_per_second(database);
                Arc::new(ConnectionRate::new(self.share(per_second)))
            });
            let pools = pools(arguments, engine, database)?.connection_rate(Arc::clone(rate));
            builder = builder.database_pools(name, pools);
        }
        if let Some(tls) = self.gateway_tls()? {
            builder = builder.tls(tls);
        }
        Ok(with_settings(builder, &self.config.gateway))
    }

    /// The configuration of TLS, if it is offered.
    fn gateway_tls(&self) -> Result<Option<TlsConfig>, Error> {
        let Some(files) = &self.config.gateway.tls else {
            return Ok(None);
        };
        let files = TlsFiles {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            client_ca: files.client_ca_file.clone(),
        };
        let mut callers = self.config.callers.values();
        let has_others = callers.any(Caller::has_gateway_key);
        files.load_for_gateway(has_others).map(Some)
    }

    /// This instance's share of a limit that all instances have together.
    fn share(&self, limit: NonZeroU32) -> NonZeroU32 {
        let share = limit.get() / self.config.gateway.instances;
        NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN)
    }

    /// Checks whether the gateway may listen on an address.
    pub(super) fn check_address(&self, address: SocketAddr) -> Result<(), Error> {
        let checked = self.config.check_gateway_address(address);
        checked.map_err(|problem| self.problem(&format!("gateway.listen: {address}: {problem}")))
    }

    /// Reads the file again: callers, their grants and the statements change for requests that arrive from then on, and
    /// the files of TLS for connections. If a file is invalid, nothing changes.
    pub(super) fn reload_gateway(&self, gateway: &Gateway) -> Result<(), Error> {
        let new = Self::read(&self.path)?;
        let without_reloadable = |file: &Self| {
            let mut config = file.config.clone();
            config.callers.clear();
            config.statements.clear();
            // That of another program.
            config.proxy = ProxyConfig::default();
            config
        };
        if without_reloadable(&new) != without_reloadable(self) {
            return Err(self.problem(
                "a reload can change only callers, grants, statements and the contents of certificate files: restart \
                 the gateway to change other settings",
            ));
        }
        let (callers, tls) = (new.callers()?, new.gateway_tls()?);
        let set = gateway.set_access(callers, Policy::new(&new.config));
        set.map_err(GatewayError::Start)?;
        if let Some(tls) = tls {
            gateway.set_tls(tls);
        }
        Ok(())
    }

    /// How callers are authenticated.
    fn callers(&self) -> Result<CallerAuthentication, Error> {
        if self.config.gateway.trust_loopback {
            return Ok(CallerAuthentication::TrustLoopback);
        }
        let no_randomness = |error: NoRandomness| self.problem(&error.to_string());
        let mut keys = Keys::new().map_err(no_randomness)?;
        for (name, issuer) in &self.config.gateway.jwt {
            let issuer = TokenIssuer::with_settings(issuer.clone());
            let issuer =
                issuer.map_err(|error| self.problem(&format!("gateway.jwt.{name}: {error}")))?;
            keys = keys.with_issuer(name, issuer);
        }
        for (name, caller) in &self.config.callers {
            keys = with_caller(keys, name, caller)?;
            if let Some(jwt) = &caller.jwt {
                let with_token = keys.with_token(name, &jwt.issuer, &jwt.claim, &jwt.subject);
                keys = with_token.map_err(|error| self.problem(&error.to_string()))?;
            }
        }
        if keys.is_empty() {
            return Err(self.problem(
                "the gateway accepts no callers yet: set api_key_sha256, sigv4_secret_file, certificate or jwt in \
                 [callers.NAME], or accept every program on this machine with trust_loopback = true in [gateway]",
            ));
        }
        Ok(CallerAuthentication::Keys(keys))
    }

    /// Who may call, for people.
    pub(super) fn caller_names(&self) -> String {
        let callers = self.config.callers.iter();
        let names = callers.filter(|(_, caller)| caller.may_call_gateway());
        let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }
}

fn with_caller(keys: Keys, name: &str, caller: &Caller) -> Result<Keys, Error> {
    let keys = match caller.api_key_sha256 {
        Some(hash) => keys.with_api_key_sha256(name, &hash.0),
        None => keys,
    };
    let keys = match &caller.certificate {
        Some(certificate) => keys.with_certificate(name, certificate),
        None => keys,
    };
    match &caller.sigv4_secret_file {
        Some(path) => {
            let secret = secret(path)?;
            Ok(keys.with_signing_key(name, secret.trim()))
        }
        None => Ok(keys),
    }
}

fn secret(path: &Path) -> Result<Zeroizing<String>, Error> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| Error::ReadFile(path.to_owned(), error))?;
    if text.trim().len() < SHORTEST_SECRET {
        return Err(GatewayError::ShortSecret(path.to_owned()).into());
    }
    Ok(text)
}

fn pools(arguments: &Serve, engine: &Engine, database: &Database) -> Result<DatabasePools, Error> {
    let bridge = arguments.connection.builder_for(&own(database))?;
    let limit = database.max_connections;
    let limit = limit.unwrap_or(arguments.callers.max_connections);
    let limit = usize::try_from(limit.get()).unwrap_or(usize::MAX);
    Ok(DatabasePools::new(bridge.engine(engine.clone())).max_connections(limit))
}

fn with_settings(mut builder: GatewayBuilder, gateway: &GatewayConfig) -> GatewayBuilder {
    for host in &gateway.allow_hosts {
        builder = builder.allow_host(host);
    }
    for origin in &gateway.allow_origins {
        builder = builder.allow_origin(origin);
    }
    let seconds = |number: NonZeroU32| Duration::from_secs(number.get().into());
    let number = |limit: NonZeroU32| usize::try_from(limit.get()).unwrap_or(usize::MAX);
    builder
        .max_client_connections(number(gateway.max_client_connections))
        .max_client_connections_per_source(number(gateway.max_client_connections_per_source))
        .behind_tls_proxy(gateway.behind_tls_proxy)
        .max_body_bytes(gateway.max_body_bytes)
        .max_result_bytes(gateway.max_result_bytes)
        .session_idle_timeout(seconds(gateway.session_idle_timeout))
        .session_lifetime(seconds(gateway.session_lifetime))
        .queued_requests(gateway.max_queued_requests)
}
