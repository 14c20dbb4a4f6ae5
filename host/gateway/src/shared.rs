//! What all requests to a gateway share.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::http::request::Parts;
use rds_bridge_access::TableName;

use crate::access::{AccessDenied, Grant, PoolKey, Rules};
use crate::allowed_names::AllowedNames;
use crate::body_budget::BodyBudget;
use crate::caller::{Caller, FindCaller, Gate, NotAdmitted, Usage, UsagePlace};
use crate::databases::{Database, Databases};
use crate::execution::{Failure, Kind, Lease, Leases, Limits, Resumed, Sessions};
use crate::metrics::{Counters, GatewayMetrics};
use crate::statistics::{StatementLabel, Statistics};

/// What all requests to a gateway share. Cheap to clone: the state of the routers.
#[derive(Clone)]
pub(crate) struct Shared(Arc<State>);

/// A request that was counted.
#[derive(Debug)]
pub(crate) struct AdmittedRequest {
    place: Option<UsagePlace>,
    caller: Arc<str>,
}

pub(crate) struct State {
    pub(crate) databases: Databases,
    /// Replaced by a reload.
    pub(crate) rules: ArcSwap<Rules>,
    pub(crate) gate: Gate,
    pub(crate) usage: Usage,
    pub(crate) sessions: Sessions,
    pub(crate) leases: Arc<Leases>,
    pub(crate) allowed_names: AllowedNames,
    pub(crate) limits: Limits,
    pub(crate) body_budget: BodyBudget,
    /// Without it, requests with an idempotency key are refused.
    pub(crate) idempotency_table: Option<TableName>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) statistics: Statistics,
}

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(state))
    }

    /// Who may call, and what callers may do, at this moment.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.rules.load_full()
    }

    /// Replaces who may call, and what callers may do, for requests from now on. The keys of issuers that stay the same
    /// are not fetched again.
    pub(crate) fn set_rules(&self, mut new: Rules) {
        new.authentication
            .keep_fetched_keys_of(&self.rules.load().authentication);
        self.rules.store(new.into());
    }

    /// The caller that sends a request with Basic credentials, a bearer token or a certificate.
    pub(crate) async fn admit(
        &self,
        parts: &Parts,
        find: FindCaller,
    ) -> Result<Caller, NotAdmitted> {
        let rules = self.rules();
        self.gate.admit(&rules.authentication, parts, find).await
    }

    /// Whether the sender of a signed request may be a caller, by its headers alone.
    pub(crate) async fn check_signed_head(
        &self,
        parts: &Parts,
        service: &str,
    ) -> Result<(), NotAdmitted> {
        let rules = self.rules();
        self.gate
            .check_signed_head(&rules.authentication, parts, service)
            .await
    }

    /// As [`Self::admit`], of a request that is signed for a service.
    pub(crate) async fn admit_signed(
        &self,
        parts: &Parts,
        body: &[u8],
        service: &str,
    ) -> Result<Caller, NotAdmitted> {
        let rules = self.rules();
        self.gate
            .admit_signed(&rules.authentication, parts, body, service)
            .await
    }

    /// The grant of a caller for a database, or its first one.
    pub(crate) fn grant(
        &self,
        caller: &Caller,
        database: Option<&str>,
    ) -> Result<Arc<Grant>, AccessDenied> {
        self.rules.load().policy.grant(caller, database)
    }

    /// Counts a request of a caller, within the limits of its grant. It precedes a comparison of its statement, which
    /// takes time.
    pub(crate) fn admit_request(
        &self,
        caller: &Caller,
        grant: &Grant,
    ) -> Result<AdmittedRequest, Failure> {
        let admitted = self.usage.admit(caller, grant.database(), grant.limits());
        let place = admitted?;
        Ok(AdmittedRequest {
            place,
            caller: Arc::clone(caller.shared_name()),
        })
    }

    /// Borrows a connection with a grant, for one request.
    pub(crate) async fn lease(
        &self,
        grant: &Arc<Grant>,
        request: AdmittedRequest,
    ) -> Result<Lease, Failure> {
        let key = grant.pool_key();
        let database = self.databases.named(&key.database);
        let pool = database.ok_or(AccessDenied::Database)?.pool(key).await?;
        let limits = self.limits.of_grant(grant);
        let AdmittedRequest { place, caller } = request;
        Lease::of_pool(&pool, &caller, grant, &limits, &self.leases, place).await
    }

    /// Lets a connection become a session's, if its caller may have another session. Call it before a statement that
    /// begins one, so that none is executed in vain.
    ///
    /// A caller whose grant has no limit may have sessions for half of the database's connections, so that others get
    /// connections too. A gateway's only caller waits for its own connections instead.
    pub(crate) fn reserve_session(
        &self,
        caller: &Caller,
        lease: &mut Lease,
    ) -> Result<(), Failure> {
        if lease.may_become_session() {
            return Ok(());
        }
        let grant = Arc::clone(lease.grant());
        let database = self.databases.named(grant.database());
        let connections = database.map_or(1, Database::max_connections);
        let most = if self.has_one_caller() {
            usize::MAX
        } else {
            (connections / 2).max(1)
        };
        let usage = &self.usage;
        let place = usage.open_session(caller, grant.database(), grant.limits(), most);
        lease.set_session(place?);
        Ok(())
    }

    /// Keeps the connection of a request for the next requests of its client, and returns the session's token.
    pub(crate) fn keep(
        &self,
        mut lease: Lease,
        caller: &Caller,
        kind: Kind,
    ) -> Result<String, Failure> {
        self.reserve_session(caller, &mut lease)?;
        let database = self.databases.named(lease.grant().database());
        let limit = database.map_or(1, |it| self.most_sessions(it));
        self.sessions.keep(lease, caller, kind, limit)
    }

    /// How many sessions may keep a connection to a database: all connections but one, which is left to other callers.
    pub(crate) fn most_sessions(&self, database: &Database) -> usize {
        self.limits.pinned_sessions.unwrap_or_else(|| {
            let left = usize::from(!self.has_one_caller());
            database.max_connections().saturating_sub(left).max(1)
        })
    }

    /// Whether no connection has to be left to others.
    fn has_one_caller(&self) -> bool {
        let rules = self.rules.load();
        rules.policy.grants_everything() && !rules.authentication.has_several_callers()
    }

    /// The session that a token of the caller names, if the caller may still use its connection.
    pub(crate) async fn resume(&self, token: &str, caller: &Caller) -> Result<Resumed, Failure> {
        let judge = |key: &PoolKey| {
            let grant = self.grant(caller, Some(&key.database))?;
            if grant.pool_key() == key {
                let limits = self.limits.of_grant(&grant);
                Ok((grant, limits))
            } else {
                Err(AccessDenied::Changed)
            }
        };
        let mut resumed = self.sessions.resume(token, caller, judge).await?;
        if let Resumed::Session(lease) = &mut resumed {
            let grant = lease.grant();
            let usage = &self.usage;
            let place = usage.pace(caller, grant.database(), grant.limits()).await;
            let place = place?;
            lease.set_request(place);
            lease.begin_time();
        }
        Ok(resumed)
    }

    /// The names that the configuration has for statements, by their labels.
    pub(crate) fn statement_names(&self) -> HashMap<String, String> {
        let mut names = HashMap::<String, String>::new();
        for statement in self.rules.load().policy.statements() {
            let label = StatementLabel::of(&statement.sql).digest().to_owned();
            let known = names.entry(label).or_default();
            if !known.is_empty() {
                known.push_str(", ");
            }
            known.push_str(&statement.name);
        }
        names
    }

    pub(crate) fn metrics(&self) -> GatewayMetrics {
        self.counters.read(self.sessions.count())
    }
}

impl Deref for Shared {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}
