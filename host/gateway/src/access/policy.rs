//! [`Policy`]: the grants of all callers.

use std::collections::HashMap;
use std::sync::Arc;

use rds_bridge_access::{Access, Config, LOOPBACK_CALLER, Statements};

use super::AccessDenied;
use super::grant::{Grant, NamedStatement, NamedStatements, PoolKey};
use crate::caller::Caller;

/// What the callers of a gateway may do.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// By the caller's name. A caller's first grant is that of requests that name no database.
    by_caller: HashMap<String, Vec<Arc<Grant>>>,
    /// Of callers that are not in `by_caller`.
    of_others: Vec<Arc<Grant>>,
}

impl Policy {
    /// The grants of a configuration's callers. With `trust_loopback` and without a caller `loopback`, every process of
    /// this machine may execute any statement in read-only sessions.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let statements = config.statements.iter();
        let statements: NamedStatements = statements
            .map(|(name, it)| (name.clone(), Arc::new(NamedStatement::new(name, it))))
            .collect();
        let statements = Arc::new(statements);
        let grants = |grants: &[rds_bridge_access::Grant]| {
            let grant = |it: &rds_bridge_access::Grant| {
                let database = config.databases.get(&it.database);
                let schema = database.and_then(|it| it.database.as_deref());
                Arc::new(Grant::new(it, schema, &statements))
            };
            grants.iter().map(grant).collect::<Vec<_>>()
        };
        let callers = config.callers.iter();
        let mut by_caller: HashMap<_, _> = callers
            .map(|(name, caller)| (name.clone(), grants(&caller.grants)))
            .collect();
        if config.gateway.trust_loopback && !by_caller.contains_key(LOOPBACK_CALLER) {
            let names = config.databases.keys();
            let all: Vec<_> = names
                .map(|name| rds_bridge_access::Grant::new(name, Statements::Any))
                .collect();
            by_caller.insert(LOOPBACK_CALLER.to_owned(), grants(&all));
        }
        Self {
            by_caller,
            of_others: Vec::new(),
        }
    }

    /// Every caller may execute any statement in all of these databases, of which the first is that of requests that
    /// name none. What sessions may do is a setting of the databases' pools.
    pub(crate) fn everything<'n>(databases: impl Iterator<Item = &'n str>) -> Self {
        let statements = Arc::default();
        let grant = |name: &str| {
            let mut grant = rds_bridge_access::Grant::new(name, Statements::Any);
            grant.access = Access::ReadWrite;
            Arc::new(Grant::new(&grant, None, &statements))
        };
        Self {
            by_caller: HashMap::new(),
            of_others: databases.map(grant).collect(),
        }
    }

    /// The grant of a caller for a database, or its first one.
    ///
    /// # Errors
    ///
    /// [`AccessDenied::Database`], or [`AccessDenied::UnknownDatabase`] if everything is granted.
    pub(crate) fn grant(
        &self,
        caller: &Caller,
        database: Option<&str>,
    ) -> Result<Arc<Grant>, AccessDenied> {
        let mut grants = self.grants(caller).iter();
        let grant = match database {
            Some(name) => grants.find(|it| it.database() == name),
            None => grants.next(),
        };
        grant.cloned().ok_or(if self.grants_everything() {
            AccessDenied::UnknownDatabase
        } else {
            AccessDenied::Database
        })
    }

    /// The named statements that are granted to any caller, each once, by name.
    pub(crate) fn statements(&self) -> Vec<Arc<NamedStatement>> {
        let grants = self.by_caller.values().chain([&self.of_others]).flatten();
        let mut all: Vec<_> = grants.flat_map(|it| it.statements().cloned()).collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all.dedup_by(|one, other| one.name == other.name);
        all
    }

    pub(crate) fn grants_everything(&self) -> bool {
        !self.of_others.is_empty()
    }

    /// The first key of each database's grants, with which a health check may connect.
    pub(crate) fn first_key(&self, database: &str) -> Option<&PoolKey> {
        let grants = self.by_caller.values().chain([&self.of_others]).flatten();
        let keys = grants.map(|it| it.pool_key());
        keys.filter(|it| &*it.database == database).min()
    }

    /// All grants of a caller.
    pub(crate) fn grants(&self, caller: &Caller) -> &[Arc<Grant>] {
        self.by_caller.get(caller.name()).unwrap_or(&self.of_others)
    }
}

#[cfg(test)]
mod tests {
    use rds_bridge_access::LexError;

    use super::*;

    fn policy() -> Policy {
        let text = r#"
            [gateway.tls]
            certificate = "c"
            key = "k"
            client_ca_file = "f"
            [databases.orders]
            endpoint = "e"
            user = "u"
            [databases.stock]
            endpoint = "e"
            user = "u"
            [statements.one]
            sql = "SELECT 1"
            [statements.change]
            sql = "UPDATE t SET a = ?"
            access = "read-write"
            [callers.app]
            certificate = "app"
            [[callers.app.grants]]
            database = "stock"
            statements = ["one"]
            [[callers.app.grants]]
            database = "orders"
            user = "writer"
            access = "read-write"
            statements = ["one", "change"]
            max_rows = 7
            [callers.analyst]
            certificate = "analyst"
            [[callers.analyst.grants]]
            database = "orders"
            statements = "any"
        "#;
        Policy::new(&Config::parse(text).unwrap())
    }

    #[test]
    fn a_caller_has_its_grants_and_no_others() {
        let policy = policy();
        let app = Caller::named("app");
        let first = policy.grant(&app, None).unwrap();
        assert_eq!(first.database(), "stock");
        assert_eq!(first.pool_key().access, Access::ReadOnly);
        let orders = policy.grant(&app, Some("orders")).unwrap();
        assert_eq!(orders.pool_key().user.as_deref(), Some("writer"));
        assert_eq!(orders.limits().max_rows.map(u64::from), Some(7));
        let analyst = Caller::named("analyst");
        for (caller, database) in [
            (&app, Some("unknown")),
            (&analyst, Some("stock")),
            (&Caller::named("other"), None),
            (&Caller::of_this_machine(), None),
        ] {
            let denied = policy.grant(caller, database).unwrap_err();
            assert_eq!(denied, AccessDenied::Database, "{caller:?}");
        }
    }

    #[test]
    fn a_grant_has_its_statements_and_no_others() {
        let policy = policy();
        let stock = policy.grant(&Caller::named("app"), None).unwrap();
        assert_eq!(stock.named("one").unwrap().sql, "SELECT 1");
        assert_eq!(stock.named("change").unwrap_err(), AccessDenied::Name);
        assert_eq!(stock.named("unknown").unwrap_err(), AccessDenied::Name);
        assert_eq!(stock.allows(" SELECT 1 "), Ok(()));
        assert_eq!(stock.allows("begin ;"), Ok(()));
        assert_eq!(stock.allows("SELECT 2"), Err(AccessDenied::Statement));
        let unreadable = AccessDenied::Unreadable(LexError::NotClosed);
        assert_eq!(stock.allows("SELECT '"), Err(unreadable));
        assert_eq!(stock.allows_ad_hoc(), Err(AccessDenied::AdHoc));
        assert_eq!(stock.allows_schema("other"), Err(AccessDenied::Schema));
        assert!(stock.allows_without_escapes("SELECT '\\'").is_err());
        let orders = policy.grant(&Caller::named("analyst"), None).unwrap();
        assert_eq!(orders.allows("DROP TABLE t"), Ok(()));
        assert!(orders.named("one").is_ok());
        assert_eq!(orders.named("change").unwrap_err(), AccessDenied::Writes);
    }

    #[test]
    fn without_a_configuration_everything_is_granted() {
        let policy = Policy::everything(["a", "b"].into_iter());
        let anyone = Caller::named("anyone");
        assert_eq!(policy.grant(&anyone, None).unwrap().database(), "a");
        let b = policy.grant(&anyone, Some("b")).unwrap();
        assert_eq!(b.allows("DROP TABLE t"), Ok(()));
        let denied = policy.grant(&anyone, Some("c")).unwrap_err();
        assert_eq!(denied, AccessDenied::UnknownDatabase);
    }
}
