//! A member of a cluster, as a server tells it.

/// A member of a cluster, as a server tells it: nothing in it is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The instance's own host name, or its identifier alone, which the bridge completes to a host name
    /// ([`BridgeBuilder::instance_pattern`](crate::BridgeBuilder::instance_pattern)).
    pub name: String,
    /// The port; `None` for that of the endpoint.
    pub port: Option<u16>,
    /// Whether the server calls it the writer.
    pub is_writer: bool,
}

impl Member {
    /// A member at the endpoint's port.
    pub fn new(name: impl Into<String>, is_writer: bool) -> Self {
        Self {
            name: name.into(),
            port: None,
            is_writer,
        }
    }

    /// The same at another port.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }
}
