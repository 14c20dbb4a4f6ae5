//! Where a statement is executed: on a connection of the pool, or on that of a transaction.

use super::error::ApiError;
use super::requests::Target;
use crate::caller::Caller;
use crate::databases::Database;
use crate::execution::{Lease, Resumed};
use crate::shared::Shared;

/// A connection for a request, in the database that the request names. Nothing of the request has been executed yet.
pub(super) async fn lease(
    shared: &Shared,
    caller: &Caller,
    target: &Target,
) -> Result<Lease, ApiError> {
    let mut lease = match target.transaction_id.as_deref() {
        Some(id) if !id.is_empty() => in_transaction(shared, caller, id).await?,
        _ => in_pool(shared, target).await?,
    };
    let Some(name) = target.database.as_deref().filter(|name| !name.is_empty()) else {
        return Ok(lease);
    };
    let used = lease.execute_text(&format!("USE {}", quoted(name))).await;
    match used {
        Ok(_) => Ok(lease),
        Err(_) if target.transaction_id.is_some() && !lease.is_usable() => {
            Err(ApiError::transaction_not_found())
        }
        Err(failure) => Err(ApiError::before_statement(&failure)),
    }
}

/// The connection of a transaction.
pub(super) async fn in_transaction(
    shared: &Shared,
    caller: &Caller,
    id: &str,
) -> Result<Lease, ApiError> {
    match shared.sessions.resume(id, caller).await {
        Ok(Resumed::Session(lease)) => Ok(lease),
        Ok(Resumed::Blank | Resumed::Lost(_)) => Err(ApiError::transaction_not_found()),
        Err(failure) => Err(ApiError::of_statement(&failure)),
    }
}

async fn in_pool(shared: &Shared, target: &Target) -> Result<Lease, ApiError> {
    let pool = &database(shared, &target.resource_arn)?.pool;
    Lease::of_pool(pool, &shared.limits, &shared.counters)
        .await
        .map_err(|failure| ApiError::before_statement(&failure))
}

/// The database whose name is the last part of the ARN. The only database of a gateway has every ARN.
fn database<'s>(shared: &'s Shared, arn: &str) -> Result<&'s Database, ApiError> {
    let databases = &shared.databases;
    let name = arn.rsplit(':').next().unwrap_or_default();
    match databases.named(name) {
        Some(database) => Ok(database),
        None if databases.others.is_empty() => Ok(databases.first()),
        None => Err(ApiError::database_not_found()),
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
