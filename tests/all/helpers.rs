//! What several tests need.

pub(crate) mod command;
pub(crate) mod fake_aws;
pub(crate) mod late_forwarder;
pub(crate) mod live;
pub(crate) mod relay;
pub(crate) mod vectors;
