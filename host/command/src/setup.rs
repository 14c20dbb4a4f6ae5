//! `rds-bridge setup`: prints what to run once so that a user can log in with tokens.

mod arguments;
mod policy;
mod settings;
mod sql;
mod text;

pub(super) use arguments::Setup;

use super::error::Error;
use super::output;
use arguments::SetupFormat;
use settings::{Missing, Settings};

pub(super) fn run(arguments: &Setup) -> Result<(), Error> {
    let settings = Settings::from_arguments(arguments)?;
    let text = match arguments.format {
        SetupFormat::Text => text::instructions(&settings)?,
        // No placeholders here: a program that reads the policy or the SQL from a pipe would not notice them.
        SetupFormat::Policy => {
            let account = settings.account.as_deref().ok_or(Missing::Account)?;
            let resource_id = settings.resource_id.as_ref().ok_or(Missing::ResourceId)?;
            policy::connect_policy(&settings, account, &resource_id.to_string())?
        }
        SetupFormat::Sql => {
            let database = settings.database.as_deref().ok_or(Missing::Database)?;
            sql::create_user(&settings.user, database, &settings.privileges)
        }
    };
    output::print(&text)
}
