//! The relations between settings.

mod callers;
mod function;
mod gateway;
mod listeners;

use crate::callers_file::GrantLimits;
use crate::config::Config;
use crate::error::WrongSetting;
use crate::place::SettingPath;
use crate::template::Lexed;

type Checked = Result<(), WrongSetting>;

impl Config {
    /// Checks what the type of a setting does not.
    pub(crate) fn check(&self) -> Checked {
        for (name, statement) in &self.statements {
            if let Err(problem) = Lexed::read(&statement.sql) {
                let path = SettingPath::new("statements").key(name).key("sql");
                return Err(WrongSetting::new(path, problem.to_string()));
            }
        }
        callers::check(self)?;
        listeners::check(self)?;
        gateway::check(self)
    }

    /// As [`Self::check`], of the file of a function's callers.
    pub(crate) fn check_function(&self, limits: GrantLimits) -> Checked {
        function::check(self, limits)
    }

    fn check_database(&self, name: &str, path: &SettingPath) -> Checked {
        if self.databases.contains_key(name) {
            return Ok(());
        }
        let known: Vec<&str> = self.databases.keys().map(String::as_str).collect();
        let problem = format!(
            "there is no database {name:?}; the databases are: {}",
            known.join(", ")
        );
        Err(WrongSetting::new(path.key("database"), problem))
    }
}
