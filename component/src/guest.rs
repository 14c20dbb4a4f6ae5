//! The component's exports: the only code that knows wit-bindgen.
#![expect(
    unsafe_code,
    reason = "generated: the canonical ABI passes arguments and results by pointer"
)]
#![expect(
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::undocumented_unsafe_blocks,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "generated code; the contract is documented in wit/"
)]

mod handshake;
mod presign;

wit_bindgen::generate!({
    path: "../wit",
    world: "bridge",
});

struct Component;

export!(Component);

/// A length or an offset as the contract has it.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
