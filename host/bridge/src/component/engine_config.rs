//! How the component is compiled, and so how it must be run: the build script and the host both make
//! their engine from this, since an engine refuses what one of other settings has compiled.

/// The settings that machine code depends on.
pub(crate) fn engine_config() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    // The deadline of a call: code looks at the epoch at every loop and every function.
    config.epoch_interruption(true);
    // Which instruction of ours trapped is of no use without the component's source at hand.
    config.generate_address_map(false);
    // Nothing unwinds through it: a trap goes by frame pointers, and the component calls nobody who could panic.
    config.native_unwind_info(false);
    // What Wasmtime takes from its own Cargo features, which the program we are linked into chooses, and
    // from the environment (WASMTIME_BACKTRACE_DETAILS): said here, so that build and run agree on it.
    config.concurrency_support(false);
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config
}
