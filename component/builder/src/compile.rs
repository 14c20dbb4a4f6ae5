//! From the component's source to its bytes.
//!
//! 1. A cargo of its own builds the core module (`core_module`), with the Rust that can (`toolchain`).
//! 2. wit-component turns it into a component, whose inner names are taken out (`component_names`).

mod component_names;
mod core_module;
mod paths;
mod toolchain;

use std::error::Error;
use std::path::Path;

use paths::Paths;
use toolchain::Toolchain;
use wit_component::ComponentEncoder;

/// The authentication methods that a component has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Methods {
    All,
    WithoutClientEd25519,
}

impl Methods {
    pub(crate) const BOTH: [Self; 2] = [Self::All, Self::WithoutClientEd25519];

    fn features(self) -> &'static str {
        match self {
            Self::All => "client_ed25519",
            Self::WithoutClientEd25519 => "source",
        }
    }
}

/// A Rust that can build the component, and what it is.
pub(crate) struct Compiler {
    toolchain: Toolchain,
    identity: Vec<String>,
}

impl Compiler {
    /// The one in use if it can, else Debian's, else an error that says what to install.
    pub(crate) fn find() -> Result<Self, String> {
        let toolchain = Toolchain::find()?;
        let identity = toolchain.identity()?;
        Ok(Self {
            toolchain,
            identity,
        })
    }

    /// What it is, as far as it can change the bytes that it builds.
    pub(crate) fn identity(&self) -> &[String] {
        &self.identity
    }

    pub(crate) fn build(
        &self,
        workspace: &Path,
        methods: Methods,
    ) -> Result<Vec<u8>, Box<dyn Error>> {
        let paths = Paths::new(workspace, &self.toolchain);
        let core_module = core_module::build(&self.toolchain, &paths, methods)?;
        let mut encoder = ComponentEncoder::default()
            .validate(true)
            .module(&core_module)?;
        let component = component_names::strip(&encoder.encode()?)
            .ok_or("the component that was made is not one")?;
        paths.check_absent(&component)?;
        Ok(component)
    }
}
