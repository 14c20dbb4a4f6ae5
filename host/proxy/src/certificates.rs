//! Clients that authenticate with a certificate: whose names it has.

use std::collections::HashMap;

use crate::database_user::DatabaseUser;

/// Which clients a proxy accepts by their certificates. TLS has verified the certificate before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates {
    /// Callers by the name in their certificate. `None` accepts every verified certificate.
    callers: Option<HashMap<String, String>>,
}

impl Certificates {
    /// Every verified certificate is accepted. With [`DatabaseUser::OfClient`] the user name of the client must be a
    /// name of its certificate.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// No caller: every client is refused.
    #[must_use]
    pub fn none() -> Self {
        Self {
            callers: Some(HashMap::new()),
        }
    }

    /// Accepts the certificate with this name as the caller. With [`DatabaseUser::OfClient`] the user name of the
    /// client must be the caller's.
    #[must_use]
    pub fn with(mut self, caller: impl Into<String>, name: impl Into<String>) -> Self {
        let callers = self.callers.get_or_insert_default();
        callers.insert(name.into(), caller.into());
        self
    }

    /// The name of the client whose certificate has `names`. `None` if it is not accepted.
    pub(crate) fn caller(
        &self,
        names: &[String],
        user: &str,
        database_user: DatabaseUser,
    ) -> Option<String> {
        let may_be = |name: &str| database_user == DatabaseUser::OfBridge || name == user;
        let known = names.iter().filter_map(|name| match &self.callers {
            Some(callers) => callers.get(name),
            None => Some(name),
        });
        let found = known.into_iter().find(|caller| may_be(caller)).cloned();
        match (&self.callers, database_user) {
            // Any verified certificate suffices. It need not contain a name.
            (None, DatabaseUser::OfBridge) => Some(found.unwrap_or_else(|| user.to_owned())),
            _ => found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_recognised_by_a_name_and_cannot_be_another() {
        use DatabaseUser::{OfBridge, OfClient};
        let names = ["alice@example.com".to_owned()];
        let callers = Certificates::none().with("alice", "alice@example.com");
        let caller = |user, database_user| callers.caller(&names, user, database_user);
        assert_eq!(caller("anyone", OfBridge).as_deref(), Some("alice"));
        assert_eq!(caller("alice", OfClient).as_deref(), Some("alice"));
        assert_eq!(caller("bob", OfClient), None);
        assert_eq!(callers.caller(&[], "alice", OfBridge), None);
        assert_eq!(Certificates::none().caller(&names, "alice", OfBridge), None);

        let any = Certificates::any();
        let anyone = any.caller(&names, "anyone", OfBridge);
        assert_eq!(anyone.as_deref(), Some("alice@example.com"));
        assert_eq!(any.caller(&[], "x", OfBridge).as_deref(), Some("x"));
        assert_eq!(any.caller(&names, "root", OfClient), None);
        let own = any.caller(&names, "alice@example.com", OfClient);
        assert_eq!(own.as_deref(), Some("alice@example.com"));
    }
}
