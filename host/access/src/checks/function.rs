//! What the callers of a Lambda function can have.

use super::{Checked, callers};
use crate::callers::Caller;
use crate::callers_file::GrantLimits;
use crate::config::Config;
use crate::error::WrongSetting;
use crate::grants::{Grant, Statements};
use crate::place::SettingPath;
use crate::template::Lexed;

pub(super) fn check(config: &Config, limits: GrantLimits) -> Checked {
    // A caller may have no credentials in the file: its key may be in the environment, or in a secret.
    let check_caller = |name: &str, _: &Caller, path: &SettingPath| check_name(name, path);
    callers::check_each(config, check_caller, |grant, path| {
        check_grant(config, limits, grant, path)
    })
}

/// The names that keys of `API_KEYS` can have too.
fn check_name(name: &str, path: &SettingPath) -> Checked {
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    if !name.is_empty() && name.chars().all(is_of_name) {
        return Ok(());
    }
    let problem = "a name consists of letters, digits, '_', '-' and '.'";
    Err(WrongSetting::new(path.clone(), problem))
}

fn check_grant(config: &Config, limits: GrantLimits, grant: &Grant, path: &SettingPath) -> Checked {
    config.check_database(&grant.database, path)?;
    let wrong = |key: &str, problem: &str| Err(WrongSetting::new(path.key(key), problem));
    if grant.max_sessions.is_some() {
        return wrong("max_sessions", "a function keeps no sessions: remove it");
    }
    if grant.user.is_some() && limits.has_password {
        let problem =
            "the function has the password of one database user only (DB_SECRET_ARN): remove it";
        return wrong("user", problem);
    }
    if grant.access.allows_writes() && !limits.allow_writes {
        let problem = "set ALLOW_WRITES=true in the function's environment, or \"read-only\" here";
        return wrong("access", problem);
    }
    match &grant.statements {
        Statements::Any if !limits.allow_ad_hoc_sql => wrong(
            "statements",
            "set ALLOW_AD_HOC_SQL=true in the function's environment, or list the names of statements here",
        ),
        Statements::Any => Ok(()),
        Statements::Named(names) => check_names(config, names, &path.key("statements")),
    }
}

fn check_names(config: &Config, names: &[String], path: &SettingPath) -> Checked {
    for (number, name) in names.iter().enumerate() {
        let problem = match config.statements.get(name).map(|it| Lexed::read(&it.sql)) {
            Some(Ok(_)) => continue,
            Some(Err(problem)) => {
                format!("the statement cannot be compared with those of clients: {problem}")
            }
            None => format!("the function has no statement {name:?}: add it to queries.json"),
        };
        return Err(WrongSetting::new(path.index(number), problem));
    }
    Ok(())
}
