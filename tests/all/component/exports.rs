//! The built component has no imports, and keeps its size limit.

use rds_bridge::component::{COMPONENT, Engine};
use wit_component::DecodedWasm;

/// The limit with every authentication method. `just component-sizes` checks the limit without `client_ed25519`.
const SIZE_LIMIT_BYTES: usize = 180_000;

#[test]
fn imports_nothing() {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(COMPONENT).unwrap() else {
        panic!("not a component");
    };
    let world = &resolve.worlds[world];
    assert!(world.imports.is_empty(), "{:?}", world.imports.keys());
    let exports: Vec<String> = world
        .exports
        .keys()
        .map(|key| resolve.name_world_key(key))
        .collect();
    assert_eq!(
        exports,
        [
            "rds:bridge/presign@0.2.0",
            "rds:bridge/handshake@0.2.0",
            "rds:bridge/server-handshake@0.2.0"
        ]
    );
}

/// [`Engine::new`] uses an empty linker, so that an import could not be resolved.
#[test]
fn instantiates_with_an_empty_linker() {
    Engine::new().unwrap().instantiate().unwrap();
}

#[test]
fn is_no_larger_than_promised() {
    assert!(
        COMPONENT.len() <= SIZE_LIMIT_BYTES,
        "{} bytes",
        COMPONENT.len()
    );
}

#[test]
fn names_no_path_of_the_machine_that_built_it() {
    let home = std::env::var("HOME").unwrap_or_default();
    let here = env!("CARGO_MANIFEST_DIR").strip_suffix("/tests").unwrap();
    for path in [home.as_str(), here]
        .into_iter()
        .filter(|path| path.len() > 1)
    {
        let mut windows = COMPONENT.windows(path.len());
        assert!(!windows.any(|window| window == path.as_bytes()), "{path}");
    }
}
