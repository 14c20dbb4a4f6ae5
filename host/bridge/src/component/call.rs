//! The errors of a call into the component.

use thiserror::Error;

use super::limits::{ARGUMENTS_LIMIT_BYTES, RECEIVE_LIMIT_BYTES};

/// The sandbox failed. This is not the caller's fault, except for [`Fault::ArgumentsTooLarge`] and
/// [`Fault::NoDeadline`].
#[derive(Debug, Error)]
pub enum Fault {
    /// The engine cannot load the component, or the system cannot provide what it needs: the reservation of address
    /// space, or a thread.
    #[error("the component cannot be loaded")]
    Load(#[source] wasmtime::Error),
    /// The caller's own engine has no epochs, so that it could not end a call that runs forever.
    #[error(
        "the engine has no epochs, so calls would have no deadline: enable Config::epoch_interruption"
    )]
    NoDeadline,
    /// There is no room for another instance: [`super::CONCURRENT_INSTANCES`] are alive, or the address space is
    /// limited (`ulimit -v`) to less than an instance of [`Engine::on_demand`](super::Engine::on_demand) reserves.
    #[error(
        "the component cannot be instantiated: too many instances are alive, or the address space is limited"
    )]
    Instantiate(#[source] wasmtime::Error),
    /// The component trapped, or ran out of memory or time. This is a bug of the component: please report it.
    #[error("the component trapped")]
    Trap(#[source] wasmtime::Error),
    /// The arguments of a call are longer than the component accepts.
    #[error("the arguments for the component have {bytes} bytes, but at most {limit} are allowed")]
    ArgumentsTooLarge {
        /// The length of all arguments together.
        bytes: usize,
        /// [`super::ARGUMENTS_LIMIT_BYTES`], or [`super::RECEIVE_LIMIT_BYTES`].
        limit: usize,
    },
}

/// Why a call failed.
#[derive(Debug, Error)]
pub enum CallError<E: std::error::Error + 'static> {
    /// The component returned an error.
    #[error(transparent)]
    Refused(E),
    /// The sandbox failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Refuses arguments that would not fit the instance's memory, before they are copied there.
pub(super) fn check_arguments<const N: usize>(lengths: [usize; N]) -> Result<(), Fault> {
    let bytes = lengths.into_iter().fold(0, usize::saturating_add);
    check(bytes, ARGUMENTS_LIMIT_BYTES)
}

/// Refuses bytes of the peer that would not fit the instance's memory.
pub(super) fn check_received(bytes: &[u8]) -> Result<(), Fault> {
    check(bytes.len(), RECEIVE_LIMIT_BYTES)
}

fn check(bytes: usize, limit: usize) -> Result<(), Fault> {
    if bytes > limit {
        return Err(Fault::ArgumentsTooLarge { bytes, limit });
    }
    Ok(())
}
