//! The limits on an instance. A working instance uses a fraction of each.

use std::time::Duration;

use wasmtime::{Enabled, PoolingAllocationConfig, StoreLimits, StoreLimitsBuilder};

/// The memory of one instance, in bytes: 4 MiB.
pub const MEMORY_LIMIT_BYTES: usize = 4 << 20;

/// The length of all arguments of one call together, in bytes: 1 MiB, so that a copy or two fit the memory.
pub const ARGUMENTS_LIMIT_BYTES: usize = 1 << 20;

/// The bytes that one call of [`super::ClientHandshake::receive`] accepts: 128 KiB, more than a read from a socket
/// returns. The limit is below [`ARGUMENTS_LIMIT_BYTES`], since these bytes are copied more than once, and the memory
/// also holds a token of any length.
pub const RECEIVE_LIMIT_BYTES: usize = 128 << 10;

/// How long one call may take: 1 s. Calls take microseconds. The deadline is checked every [`TICK`], so a call is ended
/// at most one tick later.
pub const CALL_DEADLINE: Duration = Duration::from_secs(1);

/// How many instances of [`super::Engine::new`] may be alive at once: 256. An instance lives as long as a signature or
/// a handshake takes.
pub const CONCURRENT_INSTANCES: u32 = 256;

/// The interval at which an engine's epoch is incremented: 100 ms.
pub const TICK: Duration = Duration::from_millis(100);

/// [`CALL_DEADLINE`] in ticks.
pub(super) const DEADLINE_TICKS: u64 = 10;

/// How many core instances an instance consists of: the component's own module, and the two small ones that
/// wit-component adds for the destructors of the exported resources, with one to spare.
const CORE_INSTANCES_EACH: u32 = 4;

/// How many tables these have: the module's own, and the one through which the destructors are called.
const TABLES_EACH: u32 = 2;

/// How much of an instance's memory is wiped in place when it is dropped and kept for the next, in bytes: the stack,
/// the data and the beginning of the heap, so that a signature causes no page fault. The rest is returned to the
/// system.
const KEPT_MEMORY_BYTES: usize = 256 << 10;

/// As [`KEPT_MEMORY_BYTES`], for a table: one page.
const KEPT_TABLE_BYTES: usize = 4 << 10;

/// The pooling allocator: a slot of address space for each instance, reserved once and reused, so that creating an
/// instance allocates nothing.
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
