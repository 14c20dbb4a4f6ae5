//! Advice for an error's cause. It names settings by the names that the reader knows.

use std::fmt;

/// The settings that remedies may name: methods of the builder.
const SETTINGS: [&str; 12] = [
    "allow_writes",
    "ca_file",
    "connect_to",
    "endpoint",
    "extra_ca_file",
    "max_row_bytes",
    "port",
    "region",
    "resolve_cname",
    "timeouts",
    "tls_server_name",
    "user",
];

/// Advice on how to remove a [`Cause`](crate::error::Cause).
///
/// It may name settings. [`Display`](fmt::Display) uses the names of the [`BridgeBuilder`](crate::BridgeBuilder)'s
/// methods; [`Self::with_names`] uses other names, such as the flags of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy(String);

impl Remedy {
    /// Returns the text with each setting under the name that `name` returns for the builder's method. If it returns
    /// `None`, the setting is named by the method, as `BridgeBuilder::ca_file`.
    #[must_use]
    pub fn with_names(&self, name: impl Fn(&str) -> Option<String>) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            match after.split_once('}') {
                Some((setting, after)) if SETTINGS.contains(&setting) => {
                    let given = name(setting);
                    text.push_str(&given.unwrap_or_else(|| format!("BridgeBuilder::{setting}")));
                    rest = after;
                }
                // A brace in text of a server or a user.
                _ => {
                    text.push('{');
                    rest = after;
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

/// Settings are written in braces: `{connect_to}`.
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
