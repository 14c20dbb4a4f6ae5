//! Who calls: API keys and signing keys, or every process of this machine.

mod basic;
mod key_file;
mod keys;

use std::fmt;
use std::sync::Arc;

pub use key_file::KeyFileError;
pub use keys::{Keys, NoRandomness};

/// How a gateway authenticates its callers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallerAuthentication {
    /// Every process of this machine may call, with any credentials or none. Only for a loopback address.
    TrustLoopback,
    /// A caller sends one of these API keys, or signs its requests with one of these signing keys.
    Keys(Keys),
}

/// A caller that has been authenticated.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    name: Arc<str>,
}

impl Caller {
    /// The caller of a gateway that trusts this machine.
    pub(crate) fn of_this_machine() -> Self {
        Self::named("loopback")
    }

    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.into() }
    }

    /// The name, for logs and for the binding of session tokens.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name } = self;
        write!(f, "Caller({name})")
    }
}
