//! The engine settings for compiling and running the component. The build script and the host share them, since an
//! engine refuses machine code that was compiled with other settings.

/// The settings that determine the machine code.
pub(crate) fn engine_config() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    // Deadlines of calls: the code checks the epoch in every loop and function.
    config.epoch_interruption(true);
    // The map from machine code to offsets in the component is only useful together with the component's source.
    config.generate_address_map(false);
    // Nothing unwinds through the code: a trap walks frame pointers, and the component calls no host function that
    // could panic.
    config.native_unwind_info(false);
    // Set explicitly, so that the build and the host agree: the defaults depend on Wasmtime's Cargo features, which the
    // linking program selects, and on the environment (WASMTIME_BACKTRACE_DETAILS).
    config.concurrency_support(false);
    config.wasm_backtrace_details(wasmtime::WasmBacktraceDetails::Disable);
    config
}
