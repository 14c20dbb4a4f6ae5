//! The relations between the settings of the gateway.

use std::net::SocketAddr;

use super::Checked;
use crate::config::Config;
use crate::error::WrongSetting;
use crate::gateway::GatewayConfig;
use crate::listeners::ClientAuthentication;
use crate::loopback::is_loopback;
use crate::place::SettingPath;
use crate::table_name::TableName;

pub(super) fn check(config: &Config) -> Checked {
    let path = SettingPath::new("gateway");
    let gateway = &config.gateway;
    if let Some(address) = gateway.listen {
        config
            .check_gateway_address(address)
            .map_err(|problem| WrongSetting::new(path.key("listen"), problem))?;
    }
    if gateway.trust_loopback {
        check_trust(gateway, &path.key("trust_loopback"))?;
    }
    if gateway.session_idle_timeout > gateway.session_lifetime {
        let problem = "it is longer than session_lifetime";
        return Err(WrongSetting::new(path.key("session_idle_timeout"), problem));
    }
    if let Some(table) = &gateway.idempotency_table
        && TableName::read(table).is_none()
    {
        let problem = "expected TABLE or DATABASE.TABLE without quotes, where each name has 1 to 64 characters";
        return Err(WrongSetting::new(path.key("idempotency_table"), problem));
    }
    for (name, issuer) in &gateway.jwt {
        let path = path.key("jwt").key(name);
        issuer
            .check()
            .map_err(|error| WrongSetting::new(path.key(error.key()), error.to_string()))?;
    }
    check_certificates(config)
}

/// Refuses a certificate that has no effect: its caller has grants, but the gateway verifies no certificates. A caller
/// with other credentials may have one for the proxy.
fn check_certificates(config: &Config) -> Checked {
    let tls = config.gateway.tls.as_ref();
    if config.gateway.trust_loopback || tls.is_some_and(|it| it.client_ca_file.is_some()) {
        return Ok(());
    }
    let mut listeners = config.proxy.listeners.iter();
    let is_for_proxy = listeners.any(|it| it.authentication == ClientAuthentication::Certificates);
    let mut callers = config.callers.iter();
    let found = callers.find(|(_, caller)| {
        let has_others = caller.has_gateway_key();
        caller.certificate.is_some() && !caller.grants.is_empty() && !(has_others && is_for_proxy)
    });
    let Some((name, _)) = found else {
        return Ok(());
    };
    let path = SettingPath::new("callers").key(name).key("certificate");
    let problem = "the gateway verifies no certificate: set client_ca_file in tls of [gateway], or remove certificate";
    Err(WrongSetting::new(path, problem))
}

/// Every request to a gateway that trusts this machine is the caller `loopback`, so nothing that tells callers apart has
/// an effect.
fn check_trust(gateway: &GatewayConfig, path: &SettingPath) -> Checked {
    if gateway.behind_tls_proxy {
        let problem = "the proxy that behind_tls_proxy describes runs on this machine, so trust_loopback would accept \
                       all of the proxy's callers: remove one of the two settings";
        return Err(WrongSetting::new(path.clone(), problem));
    }
    let tls = gateway.tls.as_ref();
    if tls.is_some_and(|it| it.client_ca_file.is_some()) {
        let problem = "trust_loopback accepts callers without verifying their certificates: remove trust_loopback or \
             client_ca_file";
        return Err(WrongSetting::new(path.clone(), problem));
    }
    Ok(())
}

impl Config {
    /// Checks whether the gateway may listen on an address: other machines may reach it only over TLS, and only callers
    /// of the configuration.
    ///
    /// # Errors
    ///
    /// What to set.
    pub fn check_gateway_address(&self, address: SocketAddr) -> Result<(), &'static str> {
        let GatewayConfig {
            tls,
            behind_tls_proxy,
            trust_loopback,
            ..
        } = &self.gateway;
        if is_loopback(address.ip()) {
            return Ok(());
        }
        if *trust_loopback {
            return Err("trust_loopback requires a loopback address, such as 127.0.0.1:8080");
        }
        if tls.is_none() && !behind_tls_proxy {
            return Err(
                "other machines can reach this address: set tls, or behind_tls_proxy = true if a proxy in front of the \
                 gateway terminates TLS",
            );
        }
        if self.callers.values().all(|it| it.grants.is_empty()) {
            return Err("other machines can reach this address: set callers with grants");
        }
        Ok(())
    }
}
