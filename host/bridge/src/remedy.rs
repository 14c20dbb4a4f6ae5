//! What to do about a cause, with settings by the names that the reader knows.

use std::fmt;

/// The settings that remedies name, by the builder's methods.
const SETTINGS: [&str; 11] = [
    "allow_writes",
    "ca_file",
    "connect_to",
    "endpoint",
    "extra_ca_file",
    "max_row_bytes",
    "region",
    "resolve_cname",
    "timeouts",
    "tls_server_name",
    "user",
];

/// What to do about a [`Cause`](crate::error::Cause).
///
/// It may name settings. [`Display`](fmt::Display) gives them the names of the
/// [`BridgeBuilder`](crate::BridgeBuilder)'s methods; [`Self::with_names`] gives them other names, as the flags of a
/// command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy(String);

impl Remedy {
    /// The text, with each setting by the name that `name` gives for the builder's method; by the method itself where it
    /// gives none.
    #[must_use]
    pub fn with_names(&self, name: impl Fn(&str) -> Option<String>) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, behind)) = rest.split_once('{') {
            text.push_str(before);
            match behind.split_once('}') {
                Some((setting, behind)) if SETTINGS.contains(&setting) => {
                    let given = name(setting);
                    text.push_str(&given.unwrap_or_else(|| format!("BridgeBuilder::{setting}")));
                    rest = behind;
                }
                // Text of a server, or of a user.
                _ => {
                    text.push('{');
                    rest = behind;
                }
            }
        }
        text.push_str(rest);
        text
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_names(|_| None))
    }
}

/// A setting stands in braces, as `{connect_to}`.
impl<T: Into<String>> From<T> for Remedy {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_the_names_of_the_one_who_prints() {
        let remedy = Remedy::from("use {connect_to}, or {ca_file}: {\"a\": 1} {");
        assert_eq!(
            remedy.to_string(),
            "use BridgeBuilder::connect_to, or BridgeBuilder::ca_file: {\"a\": 1} {"
        );
        let flags = |setting: &str| (setting == "connect_to").then(|| "--connect-to".to_owned());
        assert_eq!(
            remedy.with_names(flags),
            "use --connect-to, or BridgeBuilder::ca_file: {\"a\": 1} {"
        );
    }
}
