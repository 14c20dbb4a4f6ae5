//! One engine for the process, and a fresh guest for every use.

use std::fmt;
use std::thread;

use wasmtime::component::{Component, Instance, InstancePre, Linker};
use wasmtime::{InstanceAllocationStrategy, Store, StoreLimits};

use super::bindings::exports::rds::bridge::{handshake, presign};
use super::call::Fault;
use super::engine_config::engine_config;
use super::limits::{DEADLINE_TICKS, TICK, pooling, store_limits};

/// The component, compiled when this crate was built.
const PRECOMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/component.cwasm"));

/// The component, ready to be instantiated. Cheap to clone; make one for the process.
///
/// It holds a reservation of address space (not of memory), and a thread that wakes ten times a
/// second to see that no call goes on for ever. Both go when its last clone and guest go.
#[derive(Clone)]
pub struct Engine {
    engine: wasmtime::Engine,
    instance: InstancePre<GuestState>,
    presign: presign::GuestIndices,
    handshake: handshake::GuestIndices,
}

/// What the host keeps for a guest: its limits, and nothing it could call.
pub(super) struct GuestState {
    limits: StoreLimits,
}

impl Engine {
    /// Loads the component that was built with this crate.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`], if the address space is limited (`ulimit -v`) to less than is reserved.
    pub fn new() -> Result<Self, Fault> {
        let mut config = engine_config();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling()));
        let engine = wasmtime::Engine::new(&config).map_err(Fault::Load)?;
        let component = load(&engine).map_err(Fault::Load)?;
        // Nothing is linked: the component imports nothing, and could call nothing.
        let linker = Linker::new(&engine);
        let instance = linker.instantiate_pre(&component).map_err(Fault::Load)?;
        let presign = presign::GuestIndices::new(&instance).map_err(Fault::Load)?;
        let handshake = handshake::GuestIndices::new(&instance).map_err(Fault::Load)?;
        tick(&engine).map_err(Fault::Load)?;
        Ok(Self {
            engine,
            instance,
            presign,
            handshake,
        })
    }

    /// A guest of its own memory.
    ///
    /// # Errors
    ///
    /// [`Fault::Instantiate`] if [`super::CONCURRENT_GUESTS`] are alive.
    pub fn instantiate(&self) -> Result<Guest, Fault> {
        let limits = store_limits();
        let mut store = Store::new(&self.engine, GuestState { limits });
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(DEADLINE_TICKS);
        let instance = self
            .instance
            .instantiate(&mut store)
            .map_err(Fault::Instantiate)?;
        Ok(Guest {
            store,
            instance,
            indices: self.presign.clone(),
            presign: None,
        })
    }

    /// The functions of the handshake. Those of an interface are checked against their types when they
    /// are looked up, which takes microseconds: so each use looks up its own.
    pub(super) fn handshake(&self, guest: &mut Guest) -> Result<handshake::Guest, Fault> {
        self.handshake
            .load(&mut guest.store, &guest.instance)
            .map_err(Fault::Load)
    }
}

#[expect(
    unsafe_code,
    reason = "machine code is run as it is: it must come from Wasmtime's own compiler, unchanged"
)]
fn load(engine: &wasmtime::Engine) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what the build script of this crate got from `precompile_component`, and
    // are part of the program, as immutable and as trusted as its own code. Wasmtime checks that they
    // were made by its own version, with settings that fit this engine.
    unsafe { Component::deserialize(engine, PRECOMPILED) }
}

/// Moves the epoch on for as long as the engine is in use.
fn tick(engine: &wasmtime::Engine) -> wasmtime::Result<()> {
    let engine = engine.weak();
    thread::Builder::new()
        .name("rds-bridge-epoch".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        })?;
    Ok(())
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// One instance of the component. Its memory is its own, and is wiped when it is dropped.
///
/// After a [`Fault::Trap`] it is of no more use: drop it and make another.
pub struct Guest {
    pub(super) store: Store<GuestState>,
    instance: Instance,
    indices: presign::GuestIndices,
    presign: Option<presign::Guest>,
}

impl Guest {
    /// The functions that sign, and what they run on.
    pub(super) fn presign_functions(
        &mut self,
    ) -> Result<(&presign::Guest, &mut Store<GuestState>), Fault> {
        let presign = match self.presign.take() {
            Some(presign) => presign,
            None => self
                .indices
                .load(&mut self.store, &self.instance)
                .map_err(Fault::Load)?,
        };
        Ok((self.presign.insert(presign), &mut self.store))
    }

    /// Gives the next call its time. Call it before each.
    pub(super) fn wind_up(&mut self) {
        self.store.set_epoch_deadline(DEADLINE_TICKS);
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is in its memory is not for printing.
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}
