//! The interfaces of Spin that the host does not have.

use wasmtime::bail;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};
#[cfg(feature = "p3")]
use wasmtime::format_err;

/// The packages of Spin's world beside WASI.
const PACKAGES: [&str; 4] = ["fermyon:spin/", "spin:", "wasi:config/", "wasi:keyvalue/"];

/// Whether an interface is of Spin's world, and not one of WASI that the linker may have in another patch version. A
/// draft or release candidate, such as `wasi:cli/stdout@0.3.0-rc-2026-03-15`, has no other versions.
fn may_trap(name: &str) -> bool {
    let is_draft = || {
        let version = name.split_once('@').map(|(_, version)| version);
        name.starts_with("wasi:") && version.is_some_and(|it| it.contains('-'))
    };
    PACKAGES.iter().any(|package| name.starts_with(package)) || is_draft()
}

/// Defines those interfaces of Spin that the component imports and the linker does not have yet, such as the key-value
/// store: each of their functions traps. So do those of drafts and release candidates of WASI, which Spin's worlds
/// contain. Functions that are `async` need the feature `p3`. Call it last.
///
/// An application that was built with Spin's SDK for Python imports all of Spin's world, whatever it uses.
/// [`Linker::define_unknown_imports_as_traps`] is not suitable here: if the application imports an older patch version
/// of a WASI interface than the linker has, it also replaces that interface.
///
/// # Errors
///
/// The linker has the name of such an interface for something that is not an interface.
pub fn add_traps_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    component: &Component,
) -> wasmtime::Result<()> {
    let engine = component.engine();
    for (name, import) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(interface) = import.ty else {
            continue;
        };
        if !may_trap(name) {
            continue;
        }
        let mut instance = linker.instance(name)?;
        for (item, export) in interface.exports(engine) {
            // An error means that the linker has the item already: it stays.
            let _defined = match export.ty {
                ComponentItem::ComponentFunc(function) => {
                    let missing = format!("the host does not have {name}#{item}");
                    add_trap(&mut instance, item, &function, missing)
                }
                ComponentItem::Resource(_) => {
                    instance.resource(item, ResourceType::host::<()>(), |_, _| Ok(()))
                }
                _ => continue,
            };
        }
    }
    Ok(())
}

fn add_trap<T: Send + 'static>(
    instance: &mut LinkerInstance<'_, T>,
    item: &str,
    #[cfg_attr(
        not(feature = "p3"),
        expect(
            unused_variables,
            reason = "only p3 has a definition for asynchronous ones"
        )
    )]
    function: &ComponentFunc,
    missing: String,
) -> wasmtime::Result<()> {
    // Wasmtime refuses a synchronous definition of an `async func`.
    #[cfg(feature = "p3")]
    if function.async_() {
        return instance.func_new_concurrent(item, move |_, _, _, _| {
            let error = format_err!("{missing}");
            Box::pin(async move { Err(error) })
        });
    }
    instance.func_new(item, move |_, _, _, _| bail!("{missing}"))
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Store};

    use super::*;

    const KEY_VALUE: &str = "fermyon:spin/key-value@2.0.0";

    /// A section of a component, whose length and contents take less than 128 bytes.
    fn section(id: u8, contents: &[u8]) -> Vec<u8> {
        let length = u8::try_from(contents.len()).unwrap();
        [&[id, length], contents].concat()
    }

    /// How the type of a function begins.
    const SYNCHRONOUS: u8 = 0x40;
    #[cfg(feature = "p3")]
    const ASYNCHRONOUS: u8 = 0x43;

    /// A component without code. It imports the interface, which has the function `get` without parameters and results.
    fn importing(engine: &Engine, interface: &str) -> Component {
        importing_as(engine, interface, SYNCHRONOUS)
    }

    fn importing_as(engine: &Engine, interface: &str, function: u8) -> Component {
        // In an instance type: a function type, and an export of that type.
        let kind = [b"\x01\x42\x02\x01", &[function][..]].concat();
        let instance = [&kind[..], b"\x00\x01\x00\x04\x00\x03get\x01\x00"].concat();
        let length = u8::try_from(interface.len()).unwrap();
        let import = [
            b"\x01\x00",
            &[length][..],
            interface.as_bytes(),
            b"\x05\x00",
        ]
        .concat();
        let header = b"\0asm\x0d\x00\x01\x00".to_vec();
        let bytes = [header, section(7, &instance), section(10, &import)].concat();
        Component::new(engine, bytes).unwrap()
    }

    #[test]
    fn a_component_with_an_interface_of_spin_is_instantiated() {
        let engine = Engine::default();
        for interface in [
            KEY_VALUE,
            "spin:sqlite/sqlite@3.0.0",
            "wasi:cli/exit@0.3.0-rc-2026-03-15",
        ] {
            let component = importing(&engine, interface);
            let mut linker = Linker::<()>::new(&engine);
            assert!(linker.instantiate_pre(&component).is_err());
            add_traps_to_linker(&mut linker, &component).unwrap();
            let mut store = Store::new(&engine, ());
            linker.instantiate(&mut store, &component).unwrap();
        }
    }

    #[cfg(feature = "p3")]
    #[test]
    fn a_component_with_an_asynchronous_function_is_instantiated() {
        let engine = Engine::default();
        let component = importing_as(&engine, "spin:sqlite/sqlite@3.1.0", ASYNCHRONOUS);
        let mut linker = Linker::<()>::new(&engine);
        assert!(linker.instantiate_pre(&component).is_err());
        add_traps_to_linker(&mut linker, &component).unwrap();
        linker.instantiate_pre(&component).unwrap();
    }

    #[test]
    fn an_interface_of_wasi_is_not_replaced() {
        let engine = Engine::default();
        let component = importing(&engine, "wasi:random/random@0.2.0");
        let mut linker = Linker::<()>::new(&engine);
        linker.instance("wasi:random/random@0.2.9").unwrap();
        add_traps_to_linker(&mut linker, &component).unwrap();
        assert!(linker.instantiate_pre(&component).is_err());
    }

    #[test]
    fn what_the_linker_has_stays() {
        let engine = Engine::default();
        let component = importing(&engine, KEY_VALUE);
        let mut linker = Linker::<()>::new(&engine);
        let mut interface = linker.instance(KEY_VALUE).unwrap();
        // The component expects another type, so the check fails while this is the definition.
        interface
            .func_wrap("get", |_, (_,): (u32,)| Ok(()))
            .unwrap();
        add_traps_to_linker(&mut linker, &component).unwrap();
        assert!(linker.instantiate_pre(&component).is_err());
    }
}
