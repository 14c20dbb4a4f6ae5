//! `rds-bridge component`: writes the WebAssembly component to a file.

use std::fs;

use super::arguments::Component;
use super::error::Error;
use super::output;
use rds_bridge::component::{COMPONENT, COMPONENT_SHA256};

pub(super) fn run(arguments: &Component) -> Result<(), Error> {
    let path = &arguments.output;
    fs::write(path, COMPONENT).map_err(|error| Error::File(path.clone(), error))?;
    output::print_line(&format!(
        "{} bytes, SHA-256 {COMPONENT_SHA256}",
        COMPONENT.len()
    ))
}
