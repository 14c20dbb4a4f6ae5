//! The relations between callers, their grants, and what these name.

use std::collections::BTreeMap;

use super::Checked;
use crate::callers::Caller;
use crate::config::Config;
use crate::databases::Role;
use crate::error::WrongSetting;
use crate::gateway::LOOPBACK_CALLER;
use crate::grants::{Access, Grant, Statements};
use crate::place::SettingPath;

pub(super) fn check(config: &Config) -> Checked {
    let check_caller = |name: &str, caller: &Caller, path: &SettingPath| {
        check_credentials(config, name, caller, path)
    };
    check_each(config, check_caller, |grant, path| {
        check_grant(config, grant, path)
    })
}

/// Checks each caller and each grant, and what each caller and each of its grants must have alone.
pub(super) fn check_each(
    config: &Config,
    check_caller: impl Fn(&str, &Caller, &SettingPath) -> Checked,
    check_grant: impl Fn(&Grant, &SettingPath) -> Checked,
) -> Checked {
    let mut known = Known::default();
    for (name, caller) in &config.callers {
        let path = SettingPath::new("callers").key(name);
        check_caller(name, caller, &path)?;
        known.add(name, caller, &path)?;
        let mut databases = BTreeMap::new();
        for (number, grant) in caller.grants.iter().enumerate() {
            let path = path.key("grants").index(number);
            check_grant(grant, &path)?;
            if let Some(other) = databases.insert(&grant.database, number) {
                let problem =
                    format!("grants[{other}] is for the same database: merge the two grants");
                return Err(WrongSetting::new(path.key("database"), problem));
            }
        }
    }
    Ok(())
}

fn check_credentials(config: &Config, name: &str, caller: &Caller, path: &SettingPath) -> Checked {
    let wrong = |path: SettingPath, problem: &str| Err(WrongSetting::new(path, problem));
    if caller.password_sha1_twice.is_some() && caller.password_sha256_twice.is_none() {
        let path = path.key("password_sha1_twice");
        return wrong(
            path,
            "password_sha1_twice requires password_sha256_twice: set both",
        );
    }
    if caller.certificate.as_deref() == Some("") {
        return wrong(path.key("certificate"), "certificate is empty");
    }
    if caller.api_key_sha256.is_some() && name.contains(':') {
        let problem = "the caller's name contains a colon, which HTTP Basic authentication does not allow in a name: \
                       rename the caller";
        return wrong(path.key("api_key_sha256"), problem);
    }
    if name.is_empty() {
        return wrong(path.clone(), "the caller's name is empty");
    }
    // The separators of the header with the signature.
    let is_of_key_id = |it: char| it.is_ascii_graphic() && !matches!(it, '/' | ',' | '=');
    if caller.sigv4_secret_file.is_some() && !name.chars().all(is_of_key_id) {
        let problem = "the caller's name is its access key id, which consists of visible ASCII characters except '/', \
                       ',' and '=': rename the caller";
        return wrong(path.key("sigv4_secret_file"), problem);
    }
    if let Some(jwt) = &caller.jwt {
        if !config.gateway.jwt.contains_key(&jwt.issuer) {
            let problem = format!("there is no [gateway.jwt.{}]", jwt.issuer);
            return wrong(path.key("jwt").key("issuer"), &problem);
        }
        for (key, value) in [("claim", &jwt.claim), ("subject", &jwt.subject)] {
            if value.is_empty() {
                return wrong(path.key("jwt").key(key), "it is empty");
            }
        }
    }
    let is_this_machine = config.gateway.trust_loopback && name == LOOPBACK_CALLER;
    if !caller.has_credentials() && !is_this_machine {
        return wrong(
            path.clone(),
            "set password_sha256_twice, certificate, api_key_sha256, sigv4_secret_file or jwt",
        );
    }
    Ok(())
}

fn check_grant(config: &Config, grant: &Grant, path: &SettingPath) -> Checked {
    config.check_database(&grant.database, path)?;
    let database = config.databases.get(&grant.database);
    if grant.access == Access::ReadWrite && database.is_some_and(|it| it.role == Some(Role::Reader))
    {
        let problem = format!(
            "the role of [databases.{}] is \"reader\", which accepts no writes: set access = \"read-only\"",
            grant.database
        );
        return Err(WrongSetting::new(path.key("access"), problem));
    }
    let Statements::Named(names) = &grant.statements else {
        return Ok(());
    };
    for (number, name) in names.iter().enumerate() {
        let path = path.key("statements").index(number);
        let Some(statement) = config.statements.get(name) else {
            return Err(WrongSetting::new(
                path,
                format!("there is no [statements.{name}]"),
            ));
        };
        if statement.access > grant.access {
            let problem = format!(
                "[statements.{name}] writes, but the grant is read-only: set access = \"read-write\""
            );
            return Err(WrongSetting::new(path, problem));
        }
    }
    Ok(())
}

/// The credentials by which exactly one caller is recognised.
#[derive(Default)]
struct Known<'a> {
    certificates: BTreeMap<&'a str, &'a str>,
    /// By the issuer, the claim and its value.
    subjects: BTreeMap<[&'a str; 3], &'a str>,
}

impl<'a> Known<'a> {
    fn add(&mut self, name: &'a str, caller: &'a Caller, path: &SettingPath) -> Checked {
        let same = |key: &str, shown: String, other: Option<&str>| match other {
            Some(other) => {
                let problem =
                    format!("callers.{other} already has {shown}: give each caller its own");
                Err(WrongSetting::new(path.key(key), problem))
            }
            None => Ok(()),
        };
        if let Some(certificate) = &caller.certificate {
            let other = self.certificates.insert(certificate, name);
            same(
                "certificate",
                format!("certificate = {certificate:?}"),
                other,
            )?;
        }
        if let Some(jwt) = &caller.jwt {
            let subject = [&*jwt.issuer, &*jwt.claim, &*jwt.subject];
            let other = self.subjects.insert(subject, name);
            same("jwt", format!("subject = {:?}", jwt.subject), other)?;
        }
        Ok(())
    }
}
