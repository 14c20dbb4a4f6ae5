//! Who calls: API keys, signing keys, certificates and tokens, or every process of this machine.

mod authorization;
mod certificate;
mod gate;
mod guesses;
mod jwt;
mod key_file;
mod keys;
mod peer;
mod usage;

use std::fmt;
use std::sync::Arc;

use rds_bridge_access::LOOPBACK_CALLER;

pub(crate) use certificate::{ClientCertificate, CurrentVerifier};
pub(crate) use gate::{FindCaller, Gate, NotAdmitted, retry_after};
pub(crate) use jwt::TokenError;
pub use jwt::TokenIssuer;
pub use key_file::KeyFileError;
pub use keys::{Keys, NoRandomness, NoSuchIssuer};
pub(crate) use peer::{Peer, Source};
pub(crate) use usage::{Exceeded, Place as UsagePlace, Usage};

/// How a gateway authenticates its callers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallerAuthentication {
    /// Every process of this machine may call, with any credentials or none. Only for a loopback address.
    TrustLoopback,
    /// A caller sends one of these API keys, signs its requests with one of these signing keys, or has a certificate or
    /// a token.
    Keys(Keys),
}

impl CallerAuthentication {
    /// Whether several callers share the gateway, so that one must leave connections to the others.
    pub(crate) fn has_several_callers(&self) -> bool {
        match self {
            Self::TrustLoopback => false,
            Self::Keys(keys) => keys.are_of_several(),
        }
    }

    /// Takes over the keys of issuers that `other` has fetched.
    pub(crate) fn keep_fetched_keys_of(&mut self, other: &Self) {
        if let (Self::Keys(keys), Self::Keys(other)) = (self, other) {
            keys.keep_fetched_keys_of(other);
        }
    }
}

/// A caller that has been authenticated.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Caller {
    name: Arc<str>,
}

impl Caller {
    /// The caller of a gateway that trusts this machine.
    pub(crate) fn of_this_machine() -> Self {
        Self::named(LOOPBACK_CALLER)
    }

    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.into() }
    }

    /// The name, for logs and for the binding of session tokens.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name, to keep it.
    pub(crate) fn shared_name(&self) -> &Arc<str> {
        &self.name
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name } = self;
        write!(f, "Caller({name})")
    }
}
