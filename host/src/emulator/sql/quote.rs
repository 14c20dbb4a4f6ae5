//! Names and values as SQLite reads them.

pub(in crate::emulator) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(in crate::emulator) fn text(text: &str) -> String {
    match text.contains('\0') {
        true => format!("CAST({} AS TEXT)", bytes(text.as_bytes())),
        false => format!("'{}'", text.replace('\'', "''")),
    }
}

pub(in crate::emulator) fn bytes(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}
