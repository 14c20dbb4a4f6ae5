//! Environment variables, and errors that name them.

use super::failure::{Failure, Type};

/// Looks variables up. An empty variable counts as unset.
pub(super) struct Environment<F>(pub(super) F);

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &str, what: &str) -> Result<String, Failure> {
        self.get(name).ok_or_else(|| {
            let problem = format!("{name} is not set ({what})");
            Failure::new(Type::Settings, problem)
                .with_hint(format!("set {name} in the function's environment"))
        })
    }

    pub(super) fn number<T: std::str::FromStr>(
        &self,
        name: &str,
        what: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let number = text.trim().parse();
        number.map(Some).map_err(|_| wrong(name, &text, what))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        let Some(text) = self.get(name) else {
            return Ok(false);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(wrong(name, &text, "true or false")),
        }
    }
}

/// A variable has a wrong value, which the error shows.
pub(super) fn wrong(name: &str, value: &str, what: &str) -> Failure {
    Failure::new(
        Type::Settings,
        format!("{name} is {value:?}, but must be {what}"),
    )
    .with_hint(format!("change {name} in the function's environment"))
}
