//! The guest's own memory.

const PAGE: usize = 64 << 10;

/// Whether the memory contains a text, whose bytes are given inverted, so that the question is not the answer.
#[expect(unsafe_code, reason = "the whole memory belongs to the guest")]
pub(crate) fn contains(inverted: &[u8]) -> bool {
    let length = core::arch::wasm32::memory_size(0) * PAGE;
    // SAFETY: all addresses below the memory's size can be read, and nothing writes at the same time. Address 0 is not
    // read, since no slice begins there.
    let memory = unsafe { core::slice::from_raw_parts(1 as *const u8, length - 1) };
    memory.windows(inverted.len()).any(|window| {
        window
            .iter()
            .zip(inverted)
            .all(|(byte, inverted)| *byte == !inverted)
    })
}
