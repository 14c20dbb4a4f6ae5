//! Names and literals in SQLite's syntax.

pub(crate) fn name(name: &str) -> String {
    // SQLite's statements end at a NUL, so it is replaced. Only a column that is named after a literal may contain
    // one, and the client receives that name from the plan, not from SQLite.
    let name = name.replace('"', "\"\"").replace('\0', "\u{FFFD}");
    format!("\"{name}\"")
}

/// A list of quoted names, separated by commas.
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
