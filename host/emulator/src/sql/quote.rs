//! Names and values as SQLite reads them.

pub(crate) fn name(name: &str) -> String {
    // SQLite's text ends at a NUL: a column that has the name of its literal is not told by it.
    let name = name.replace('"', "\"\"").replace('\0', "\u{FFFD}");
    format!("\"{name}\"")
}

/// A list of names, separated by commas.
pub(crate) fn names<N: AsRef<str>>(names: impl IntoIterator<Item = N>) -> String {
    let names = names.into_iter().map(|it| name(it.as_ref()));
    names.collect::<Vec<String>>().join(", ")
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
