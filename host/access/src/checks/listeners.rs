//! The relations between the settings of the proxy's listeners.

use super::Checked;
use crate::config::Config;
use crate::error::WrongSetting;
use crate::listeners::{ClientAuthentication, ListenerConfig};
use crate::loopback::is_loopback;
use crate::place::SettingPath;

pub(super) fn check(config: &Config) -> Checked {
    let listeners = SettingPath::new("proxy").key("listeners");
    for (number, listener) in config.proxy.listeners.iter().enumerate() {
        let path = listeners.index(number);
        config.check_database(&listener.database, &path)?;
        check_listener(config, listener).map_err(|(key, problem)| {
            WrongSetting::new(key.map_or(path.clone(), |key| path.key(key)), problem)
        })?;
    }
    Ok(())
}

/// The key that is wrong, if it is one, and the problem.
type Problem = (Option<&'static str>, &'static str);

fn check_listener(config: &Config, listener: &ListenerConfig) -> Result<(), Problem> {
    match (&listener.listen, &listener.unix_socket) {
        (Some(_), Some(_)) => Err((Some("unix_socket"), "set listen or unix_socket, not both")),
        (None, None) => Err((None, "set listen or unix_socket")),
        _ => check_authentication(config, listener),
    }
}

fn check_authentication(config: &Config, listener: &ListenerConfig) -> Result<(), Problem> {
    let requires_password = listener.authentication == ClientAuthentication::Passwords;
    let requires_certificate = listener.authentication == ClientAuthentication::Certificates;
    let mut callers = config.callers.values();
    let wrong = |key, problem| Err((Some(key), problem));
    if requires_password && !callers.any(|it| it.password_sha256_twice.is_some()) {
        return wrong(
            "authentication",
            "authentication = \"passwords\" needs callers with a password",
        );
    }
    if requires_certificate && !callers.any(|it| it.certificate.is_some()) {
        return wrong(
            "authentication",
            "authentication = \"certificates\" needs callers with a certificate",
        );
    }
    let tls = listener.tls.as_ref();
    let has_authorities = tls.is_some_and(|it| it.client_ca_file.is_some());
    if requires_certificate && !has_authorities {
        return wrong(
            "authentication",
            "authentication = \"certificates\" needs tls with client_ca_file",
        );
    }
    if has_authorities && !requires_certificate {
        return wrong(
            "tls",
            "client_ca_file needs authentication = \"certificates\"",
        );
    }
    let is_open = listener.listen.is_some_and(|it| !is_loopback(it.ip()));
    let is_authenticated = requires_password || requires_certificate;
    if is_open && (!is_authenticated || tls.is_none()) {
        return wrong(
            "listen",
            "other machines can reach this address: set tls, and authentication = \"passwords\" or \"certificates\"",
        );
    }
    if listener.native_password && !requires_password {
        return wrong(
            "native_password",
            "native_password needs authentication = \"passwords\"",
        );
    }
    Ok(())
}
