//! What can go wrong with a call into the component, other than what the component itself says.

use thiserror::Error;

use super::limits::{ARGUMENTS_LIMIT_BYTES, RECEIVE_LIMIT_BYTES};

/// The sandbox failed. Not the caller's fault, but for [`Fault::ArgumentsTooLarge`].
#[derive(Debug, Error)]
pub enum Fault {
    /// The engine cannot run the component that was compiled for it: a build gone wrong.
    #[error("the component does not load")]
    Load(#[source] wasmtime::Error),
    /// The engine that was brought along could not end a call that goes on for ever.
    #[error("the engine has no epochs: a call would have no deadline (Config::epoch_interruption)")]
    NoDeadline,
    /// No room for another instance: more than [`super::CONCURRENT_INSTANCES`] are alive, or the address space is
    /// limited (`ulimit -v`) to less than one takes: a command reserves it for each.
    #[error("the component cannot be instantiated")]
    Instantiate(#[source] wasmtime::Error),
    /// The component trapped, or ran out of memory or time. This is a bug of the component: please report it.
    #[error("the component trapped")]
    Trap(#[source] wasmtime::Error),
    /// The arguments of a call are larger than all that the component accepts.
    #[error("arguments of {bytes} bytes are over the limit of {limit}")]
    ArgumentsTooLarge {
        /// Of all of them together.
        bytes: usize,
        /// [`super::ARGUMENTS_LIMIT_BYTES`], or [`super::RECEIVE_LIMIT_BYTES`].
        limit: usize,
    },
}

/// Why a call gave no result.
#[derive(Debug, Error)]
pub enum CallError<E: std::error::Error + 'static> {
    /// The component's own answer.
    #[error(transparent)]
    Refused(E),
    /// The sandbox failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Refuses what would not fit the instance's memory, before it is copied there.
pub(super) fn check_arguments<const N: usize>(lengths: [usize; N]) -> Result<(), Fault> {
    let bytes = lengths.into_iter().fold(0, usize::saturating_add);
    check(bytes, ARGUMENTS_LIMIT_BYTES)
}

/// The same for what the peer sent.
pub(super) fn check_received(bytes: &[u8]) -> Result<(), Fault> {
    check(bytes.len(), RECEIVE_LIMIT_BYTES)
}

fn check(bytes: usize, limit: usize) -> Result<(), Fault> {
    if bytes > limit {
        return Err(Fault::ArgumentsTooLarge { bytes, limit });
    }
    Ok(())
}
