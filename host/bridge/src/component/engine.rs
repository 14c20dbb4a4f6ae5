//! The engine, one for a process, and its instances, one for each use.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Component, Instance as ComponentInstance, InstancePre, Linker};
use wasmtime::{InstanceAllocationStrategy, Store, StoreLimits};

#[cfg(feature = "server_handshake")]
use super::bindings::exports::rds::bridge::server_handshake;
use super::bindings::exports::rds::bridge::{handshake, presign};
use super::call::Fault;
use super::engine_config::engine_config;
use super::limits::{DEADLINE_TICKS, pooling, store_limits};
use super::machine_code::MachineCode;
use super::ticker::Ticker;

/// The component, ready to be instantiated. Cheap to clone; create one for the process.
///
/// An engine of [`Self::new`] holds a reservation of address space (not of memory), and a thread that wakes ten times a
/// second to enforce the deadline of calls. Both are released with its last clone and instance.
#[derive(Clone)]
pub struct Engine {
    instance: InstancePre<InstanceState>,
    presign: presign::GuestIndices,
    handshake: handshake::GuestIndices,
    #[cfg(feature = "server_handshake")]
    server_handshake: server_handshake::GuestIndices,
    deadline_ticks: u64,
    /// The last field, so that it is dropped last: dropping it wakes the thread, which ends if the engine is gone.
    _ticker: Option<Arc<Ticker>>,
}

/// The host's state for an instance: its limits, and no functions that the instance could call.
pub(super) struct InstanceState {
    limits: StoreLimits,
    deadline_ticks: u64,
}

impl Engine {
    /// Loads the component that was built with this crate.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`], if the address space is limited (`ulimit -v`) to less than is reserved.
    pub fn new() -> Result<Self, Fault> {
        let mut this = Self::allocating(InstanceAllocationStrategy::Pooling(pooling()))?;
        this._ticker = Some(Arc::new(Ticker::for_all_instances(&this)?));
        Ok(this)
    }

    /// Loads the component for a process that ends after a few instances. It uses Wasmtime's on-demand allocator:
    /// creating an instance is slower than with the pool of [`Self::new`], but setting up that pool costs more than a
    /// short-lived process saves.
    ///
    /// The caller must increment the epoch of [`Self::component`]'s engine every [`TICK`](super::TICK) while there are
    /// instances, with a [`Ticker`] or another timer. Otherwise nothing ends a call that runs forever.
    ///
    /// # Errors
    ///
    /// [`Fault::Load`].
    pub fn on_demand() -> Result<Self, Fault> {
        Self::allocating(InstanceAllocationStrategy::OnDemand)
    }

    /// The loaded component. The epoch of its Wasmtime engine ([`Component::engine`]) drives the deadlines of calls.
    #[must_use]
    pub fn component(&self) -> &Component {
        self.instance.component()
    }

    fn allocating(strategy: InstanceAllocationStrategy) -> Result<Self, Fault> {
        let mut config = engine_config();
        config.allocation_strategy(strategy);
        let machine_code = MachineCode::choose(&mut config);
        let engine = wasmtime::Engine::new(&config).map_err(Fault::Load)?;
        let component = machine_code.load(&engine).map_err(Fault::Load)?;
        Self::from_component(&component, DEADLINE_TICKS)
    }

    /// Uses a component that the caller has compiled from [`super::COMPONENT`] with its own engine and settings. See
    /// `examples/embed.rs`.
    ///
    /// The caller increments the epoch of that engine, as it does for its own guests. A call may take `deadline_ticks`
    /// of its ticks, at least 1. The limit on an instance's memory applies; the number of concurrent instances is
    /// limited by the engine's allocator only.
    ///
    /// # Errors
    ///
    /// [`Fault::NoDeadline`] if the engine has no epochs; [`Fault::Load`] if it is another component.
    pub fn from_component(component: &Component, deadline_ticks: u64) -> Result<Self, Fault> {
        let engine = component.engine();
        if !engine.get_epoch_interruption() {
            return Err(Fault::NoDeadline);
        }
        // The linker is empty: the component has no imports, and so can call nothing of the host.
        let linker = Linker::new(engine);
        let instance = linker.instantiate_pre(component).map_err(Fault::Load)?;
        let presign = presign::GuestIndices::new(&instance).map_err(Fault::Load)?;
        let handshake = handshake::GuestIndices::new(&instance).map_err(Fault::Load)?;
        #[cfg(feature = "server_handshake")]
        let server_handshake =
            server_handshake::GuestIndices::new(&instance).map_err(Fault::Load)?;
        Ok(Self {
            instance,
            presign,
            handshake,
            #[cfg(feature = "server_handshake")]
            server_handshake,
            deadline_ticks: deadline_ticks.max(1),
            _ticker: None,
        })
    }

    /// Creates an instance with its own memory.
    ///
    /// # Errors
    ///
    /// [`Fault::Instantiate`], if [`super::CONCURRENT_INSTANCES`] are alive, or the system has no address space or
    /// memory for another.
    pub fn instantiate(&self) -> Result<Instance, Fault> {
        let deadline_ticks = self.deadline_ticks;
        let state = InstanceState {
            limits: store_limits(),
            deadline_ticks,
        };
        let mut store = Store::new(self.instance.engine(), state);
        store.limiter(|state| &mut state.limits);
        store.set_epoch_deadline(deadline_ticks);
        let instance = self
            .instance
            .instantiate(&mut store)
            .map_err(Fault::Instantiate)?;
        Ok(Instance {
            store,
            instance,
            presign_indices: self.presign.clone(),
            presign: None,
            handshake_indices: self.handshake.clone(),
            #[cfg(feature = "server_handshake")]
            server_handshake_indices: self.server_handshake.clone(),
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

/// An instance of the component, with its own memory, which is wiped when the instance is dropped.
///
/// After a [`Fault::Trap`] it is unusable: drop it and create another.
pub struct Instance {
    pub(super) store: Store<InstanceState>,
    instance: ComponentInstance,
    presign_indices: presign::GuestIndices,
    presign: Option<presign::Guest>,
    handshake_indices: handshake::GuestIndices,
    #[cfg(feature = "server_handshake")]
    server_handshake_indices: server_handshake::GuestIndices,
}

impl Instance {
    /// The functions of the `presign` interface, and the store that they run in.
    pub(super) fn presign_functions(
        &mut self,
    ) -> Result<(&presign::Guest, &mut Store<InstanceState>), Fault> {
        let presign = match self.presign.take() {
            Some(presign) => presign,
            None => self
                .presign_indices
                .load(&mut self.store, &self.instance)
                .map_err(Fault::Load)?,
        };
        Ok((self.presign.insert(presign), &mut self.store))
    }

    /// The functions of the `handshake` interface. Looking up the functions of an interface checks their types, which
    /// takes microseconds, so each use looks up only its own interface.
    pub(super) fn handshake_functions(&mut self) -> Result<handshake::Guest, Fault> {
        self.handshake_indices
            .load(&mut self.store, &self.instance)
            .map_err(Fault::Load)
    }

    /// The functions of the `server-handshake` interface, looked up as in [`Self::handshake_functions`].
    #[cfg(feature = "server_handshake")]
    pub(super) fn server_handshake_functions(&mut self) -> Result<server_handshake::Guest, Fault> {
        self.server_handshake_indices
            .load(&mut self.store, &self.instance)
            .map_err(Fault::Load)
    }

    /// Sets the deadline of the next call. It is called before each.
    pub(super) fn reset_deadline(&mut self) {
        let deadline_ticks = self.store.data().deadline_ticks;
        self.store.set_epoch_deadline(deadline_ticks);
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The instance's memory is not printed.
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}

#[cfg(test)]
#[cfg(feature = "jit")]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;
    use crate::aws::Credentials;
    use crate::component::{COMPONENT, ConnectRequest, Lifetime};

    fn compiled(config: &wasmtime::Config) -> Component {
        let engine = wasmtime::Engine::new(config).unwrap();
        Component::new(&engine, COMPONENT).unwrap()
    }

    fn token(engine: &Engine) -> String {
        let credentials = Credentials::new("akid", "secret");
        let request = ConnectRequest {
            host: "prod-instance.us-east-1.rds.amazonaws.com",
            port: 3306,
            region: "us-east-1",
            db_user: "peccy",
        };
        let lifetime = Lifetime {
            signed_at: 1_724_709_600,
            expires_in_seconds: 900,
        };
        let mut instance = engine.instantiate().unwrap();
        let token = instance.presign(&credentials, request, lifetime).unwrap();
        token.text.expose_secret().to_owned()
    }

    /// With Wasmtime's default settings, which differ from those of `engine_config`.
    #[test]
    fn on_an_engine_of_the_callers() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = Engine::from_component(&compiled(&config), 1).unwrap();
        let own = Engine::new().unwrap();
        assert_eq!(token(&engine), token(&own));
    }

    #[test]
    fn the_callers_epoch_is_the_deadline() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let component = compiled(&config);
        let engine = Engine::from_component(&component, 0).unwrap();
        let mut instance = engine.instantiate().unwrap();
        instance.inspect("").unwrap_err();
        // Ticks between two calls do not count for the next one.
        component.engine().increment_epoch();
        assert!(!matches!(
            instance.inspect(""),
            Err(crate::component::CallError::Fault(_))
        ));
        instance.store.set_epoch_deadline(0);
        let (functions, store) = instance.presign_functions().unwrap();
        assert!(functions.call_inspect(store, "").is_err());
    }

    #[test]
    fn an_engine_without_epochs() {
        let component = compiled(&wasmtime::Config::new());
        let refused = Engine::from_component(&component, 10);
        assert!(matches!(refused, Err(Fault::NoDeadline)));
    }

    #[test]
    fn another_component() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        // Only the header of a component, without exports.
        let empty = Component::new(&engine, b"\0asm\x0d\0\x01\0").unwrap();
        let refused = Engine::from_component(&empty, 10);
        assert!(matches!(refused, Err(Fault::Load(_))));
    }
}
