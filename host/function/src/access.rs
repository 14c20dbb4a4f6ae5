//! What each caller may do: the grants of `access.toml`.

use rds_bridge_access::{
    Config, Database, FunctionCallers, FunctionSettings, PasswordHash, Statement,
};
use rds_bridge_gateway::Policy;

use super::environment::Environment;
use super::failure::{Failure, Type};
use super::statements::Statements;

/// The file beside `bootstrap` in the package.
pub(super) const FILE: &str = "access.toml";
/// Names the file, which must then exist.
const VARIABLE: &str = "ACCESS_FILE";

/// What each caller may do, and who it is.
#[derive(Debug)]
pub(super) struct Access {
    callers: FunctionCallers,
}

impl Access {
    /// Reads the file that `ACCESS_FILE` names, or that of the package; `None` if there is neither.
    ///
    /// # Errors
    ///
    /// [`Type::Settings`], with the line and the setting that is wrong.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        environment: &Environment<F>,
        statements: &Statements,
    ) -> Result<Option<Self>, Failure> {
        let file = match environment.file_of_variable(VARIABLE)? {
            Some(file) => Some(file),
            None => environment.package_file(FILE)?,
        };
        let Some(file) = file else {
            return Ok(None);
        };
        let mut database = Database::new(environment.get("DB_HOST").unwrap_or_default());
        database.database = environment.get("DB_NAME");
        let mut function = FunctionSettings::new(environment.database_name(), database);
        function.allow_ad_hoc_sql = environment.flag("ALLOW_AD_HOC_SQL")?;
        function.allow_writes = environment.flag("ALLOW_WRITES")?;
        function.has_password = environment.get("DB_SECRET_ARN").is_some();
        let named = statements.all_named();
        function.statements = named
            .map(|(name, sql)| (name.to_owned(), Statement::new(sql)))
            .collect();
        match Config::parse_callers(&file.text, function) {
            Ok(callers) => Ok(Some(Self { callers })),
            Err(error) => {
                let problem = format!("{}: {error}", file.name);
                Err(Failure::new(Type::Settings, problem))
            }
        }
    }

    /// The grants of all callers.
    pub(super) fn policy(&self) -> Policy {
        Policy::new(&self.callers.config)
    }

    /// The API keys that the file has, by the names of their callers.
    pub(super) fn api_keys(&self) -> impl Iterator<Item = (&str, &PasswordHash<32>)> {
        let callers = self.callers.config.callers.iter();
        callers.filter_map(|(name, caller)| Some((name.as_str(), caller.api_key_sha256.as_ref()?)))
    }

    /// The name of the caller with an identity that Lambda or API Gateway has verified. An identity that the file does
    /// not have stays its own name, which has a colon, as the name of no caller has: it has no grants.
    pub(super) fn name_of(&self, identity: String) -> String {
        let known = self.callers.caller(&identity);
        known.map(str::to_owned).unwrap_or(identity)
    }
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// The name of the database, for grants and for requests to `/v1`.
    pub(super) fn database_name(&self) -> String {
        self.get("DB_NAME").unwrap_or_else(|| "main".to_owned())
    }
}
