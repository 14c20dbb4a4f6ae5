//! What an instance may use. It needs a fraction of each: the limits are for the day when it is broken.

use std::time::Duration;

use wasmtime::{Enabled, PoolingAllocationConfig, StoreLimits, StoreLimitsBuilder};

/// The memory of one instance, in bytes: 4 MiB.
pub const MEMORY_LIMIT_BYTES: usize = 4 << 20;

/// All arguments of one call together, in bytes: 1 MiB, so that a copy or two fits the memory.
pub const ARGUMENTS_LIMIT_BYTES: usize = 1 << 20;

/// What one call of [`super::ClientHandshake::receive`] may bring, in bytes: 128 KiB, more than a read
/// from a socket gives. What the server sends is copied more than once, beside a token of any length.
pub const RECEIVE_LIMIT_BYTES: usize = 128 << 10;

/// How long one call may take. It takes microseconds; a clock ticks every tenth of a
/// second, so a call is ended after this and one tick at the latest.
pub const CALL_DEADLINE: Duration = Duration::from_secs(1);

/// How many instances may be alive at once. One lives as long as a signature or a handshake takes.
pub const CONCURRENT_INSTANCES: u32 = 256;

/// How often an engine's epoch moves on.
pub const TICK: Duration = Duration::from_millis(100);

/// [`CALL_DEADLINE`] in ticks.
pub(super) const DEADLINE_TICKS: u64 = 10;

/// Core instances that one instance is made of: the component's own module, and the two small ones that
/// wit-component puts beside it for the destructors of the exported resources, with one to spare.
const CORE_INSTANCES_EACH: u32 = 4;

/// Tables of those: the module's own, and the one through which the destructors are called.
const TABLES_EACH: u32 = 2;

/// How much of an instance's memory is wiped in place when it is dropped and kept for the next, in bytes: the
/// stack, the data and the beginning of the heap, so that a signature takes no page fault. What is
/// beyond goes back to the system.
const KEPT_MEMORY_BYTES: usize = 256 << 10;

/// The same for a table: a page.
const KEPT_TABLE_BYTES: usize = 4 << 10;

/// A slot of address space for each instance, reserved once and reused: making an instance takes no
/// allocation.
pub(super) fn pooling() -> PoolingAllocationConfig {
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_component_instances(CONCURRENT_INSTANCES)
        .total_core_instances(CONCURRENT_INSTANCES.saturating_mul(CORE_INSTANCES_EACH))
        .total_memories(CONCURRENT_INSTANCES)
        .total_tables(CONCURRENT_INSTANCES.saturating_mul(TABLES_EACH))
        .max_memory_size(MEMORY_LIMIT_BYTES)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_TABLE_BYTES)
        .pagemap_scan(Enabled::Auto);
    pooling
}

pub(super) fn store_limits() -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(MEMORY_LIMIT_BYTES)
        .build()
}
