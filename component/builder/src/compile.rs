//! Compiles the component from its source.
//!
//! 1. A separate cargo process builds the core module (`core_module`), with a toolchain that supports the target
//!    (`toolchain`).
//! 2. wit-component wraps the core module in a component. The names of its inner parts are removed (`component_names`).

mod component_names;
mod core_module;
mod paths;
mod toolchain;

use std::error::Error;
use std::path::Path;

use paths::Paths;
use toolchain::Toolchain;
use wit_component::ComponentEncoder;

/// Which component is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// With the world `bridge`.
    Whole,
    /// For programs that only connect, with the world `client`: without the server's side and `client_ed25519`.
    Client,
}

impl Build {
    pub(crate) const BOTH: [Self; 2] = [Self::Whole, Self::Client];

    fn features(self) -> &'static str {
        match self {
            Self::Whole => "client_ed25519,server_handshake",
            Self::Client => "source",
        }
    }
}

/// A toolchain that can build the component, and its identity.
pub(crate) struct Compiler {
    toolchain: Toolchain,
    identity: Vec<String>,
}

impl Compiler {
    /// Finds the toolchain in use if it supports the target, or else Debian's. The error says what to install.
    pub(crate) fn find() -> Result<Self, String> {
        let toolchain = Toolchain::find()?;
        let identity = toolchain.identity()?;
        Ok(Self {
            toolchain,
            identity,
        })
    }

    /// The versions of the tools that determine the component's bytes, for the record.
    pub(crate) fn identity(&self) -> &[String] {
        &self.identity
    }

    /// Builds the guest of the tests that a feature selects.
    pub(crate) fn build_guest(
        &self,
        workspace: &Path,
        feature: &str,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let paths = Paths::new(workspace, &self.toolchain);
        let core_module = core_module::build_guest(&self.toolchain, &paths, feature)?;
        let encoder = ComponentEncoder::default().validate(true);
        Ok(encoder.module(&core_module)?.encode()?)
    }

    pub(crate) fn build(&self, workspace: &Path, build: Build) -> Result<Vec<u8>, Box<dyn Error>> {
        let paths = Paths::new(workspace, &self.toolchain);
        let core_module = core_module::build(&self.toolchain, &paths, build)?;
        let mut encoder = ComponentEncoder::default()
            .validate(true)
            .module(&core_module)?;
        let component =
            component_names::strip(&encoder.encode()?).ok_or("the result is not a component")?;
        paths.check_absent(&component)?;
        Ok(component)
    }
}
