//! Names and values as SQLite reads them.

pub(crate) fn name(name: &str) -> String {
    // SQLite's text ends at a NUL: a column that has the name of its literal is not told by it.
    let name = name.replace('"', "\"\"").replace('\0', "\u{FFFD}");
    format!("\"{name}\"")
}

pub(crate) fn text(text: &str) -> String {
    match text.contains('\0') {
        true => format!("CAST({} AS TEXT)", bytes(text.as_bytes())),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

pub(crate) fn bytes(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}
