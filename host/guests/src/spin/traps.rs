//! The interfaces of Spin that the host does not have.

use wasmtime::bail;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};

/// The packages of Spin's world beside WASI 0.2.
const PACKAGES: [&str; 4] = ["fermyon:spin/", "spin:", "wasi:config/", "wasi:keyvalue/"];

/// Defines those interfaces of Spin that the component imports and the linker does not have yet, such as the key-value
/// store: each of their functions traps. Call it last.
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
        if !PACKAGES.iter().any(|package| name.starts_with(package)) {
            continue;
        }
        let mut instance = linker.instance(name)?;
        for (item, export) in interface.exports(engine) {
            // An error means that the linker has the item already: it stays.
            let _defined = match export.ty {
                ComponentItem::ComponentFunc(_) => {
                    let missing = format!("the host does not have {name}#{item}");
                    instance.func_new(item, move |_, _, _, _| bail!("{missing}"))
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
