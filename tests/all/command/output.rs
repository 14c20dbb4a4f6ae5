//! Rows in the formats of `rds-bridge query`.

pub(crate) mod columnar;
pub(crate) mod compressed;
pub(crate) mod cut_off;
pub(crate) mod file;
pub(crate) mod formats;
pub(crate) mod fractions;
#[cfg(target_os = "linux")]
pub(crate) mod pipe;
pub(crate) mod security;
pub(crate) mod terminal;
pub(crate) mod text_options;
pub(crate) mod vectors;
pub(crate) mod width;
