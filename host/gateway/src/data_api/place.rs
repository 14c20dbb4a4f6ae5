//! Where a statement is executed: on a connection of the pool, or on that of a transaction.

use std::sync::Arc;

use super::error::ApiError;
use super::requests::Target;
use crate::access::{AccessDenied, Grant};
use crate::caller::Caller;
use crate::execution::{Lease, Resumed};
use crate::shared::Shared;

/// A connection for a request, in the database that the request names. Nothing of the request has been executed yet.
/// `allows` judges what the request is to execute.
pub(super) async fn lease(
    shared: &Shared,
    caller: &Caller,
    target: &Target,
    allows: impl FnOnce(&Grant) -> Result<(), AccessDenied>,
) -> Result<Lease, ApiError> {
    let mut lease = match target.transaction_id.as_deref() {
        // An empty one is no transaction's: the statement must not be committed by itself.
        Some(id) => {
            let lease = in_transaction(shared, caller, id).await?;
            allows(lease.grant()).map_err(ApiError::denied)?;
            lease
        }
        None => {
            let grant = grant(shared, caller, &target.resource_arn).map_err(ApiError::denied)?;
            let request = shared.admit_request(caller, &grant);
            let request = request.map_err(|failure| ApiError::before_statement(&failure))?;
            allows(&grant).map_err(ApiError::denied)?;
            let leased = shared.lease(&grant, request).await;
            leased.map_err(|failure| ApiError::before_statement(&failure))?
        }
    };
    let Some(name) = target.database.as_deref().filter(|name| !name.is_empty()) else {
        return Ok(lease);
    };
    lease
        .grant()
        .allows_schema(name)
        .map_err(ApiError::denied)?;
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
    match shared.resume(id, caller).await {
        Ok(Resumed::Session(lease)) => Ok(*lease),
        Ok(Resumed::Blank | Resumed::Settings(_) | Resumed::Lost(_)) => {
            Err(ApiError::transaction_not_found())
        }
        Err(failure) => Err(ApiError::of_statement(&failure)),
    }
}

/// The grant for the database whose name is the last part of the ARN. A caller with one database has every ARN.
fn grant(shared: &Shared, caller: &Caller, arn: &str) -> Result<Arc<Grant>, AccessDenied> {
    let name = arn.rsplit(':').next().unwrap_or_default();
    let rules = shared.rules();
    match rules.policy.grants(caller) {
        [only] => Ok(Arc::clone(only)),
        _ => rules.policy.grant(caller, Some(name)),
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
