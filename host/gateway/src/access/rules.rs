//! Who may call, and what callers may do: what a reload replaces.

use super::Policy;
use crate::caller::CallerAuthentication;

/// Who may call, and what callers may do. A reload replaces both at once.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) authentication: CallerAuthentication,
    pub(crate) policy: Policy,
}
