//! `rds-bridge roots`: the bundled root certificates as PEM.

use pem::{EncodeConfig, LineEnding, Pem};

use super::error::Error;
use super::output;
use rds_bridge::tls::bundled;

pub(super) fn run() -> Result<(), Error> {
    let roots = bundled().map_err(Error::Roots)?;
    let blocks: Vec<Pem> = roots
        .iter()
        .map(|root| Pem::new("CERTIFICATE", root.as_ref()))
        .collect();
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    // Without comments: Java's parser takes any hyphen before a block for its beginning.
    output::print(&pem::encode_many_config(&blocks, config))
}
