//! Handles of a guest. The contract's resources are markers; what the host keeps for a handle is in the context's table,
//! under the same number.

use wasmtime::component::Resource;

/// The handle as that of another type, borrowed.
pub(crate) fn borrowed<From: 'static, To: 'static>(handle: &Resource<From>) -> Resource<To> {
    Resource::new_borrow(handle.rep())
}

/// The handle as that of another type, owned.
pub(crate) fn owned<From: 'static, To: 'static>(handle: &Resource<From>) -> Resource<To> {
    Resource::new_own(handle.rep())
}
