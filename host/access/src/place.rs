//! Where a setting is in the file.

use std::fmt;
use std::ops::Range;

use toml::de::{DeArray, DeTable, DeValue};

/// The way to a setting, such as `callers.app.grants[0].database`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

impl SettingPath {
    pub(crate) fn new(key: &str) -> Self {
        Self::default().key(key)
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The line and the column of the setting, or of the innermost table on its way that the file has. Both are counted
    /// from 1.
    pub(crate) fn find(&self, text: &str) -> Option<(usize, usize)> {
        let document = DeTable::parse(text).ok()?;
        let mut found = None;
        let mut inside = Inside::Table(document.get_ref());
        for step in &self.0 {
            let Some((span, value)) = inside.at(step) else {
                break;
            };
            found = Some(span);
            inside = Inside::of(value);
        }
        position(text, &found?)
    }
}

/// What a step leads into.
enum Inside<'t> {
    Table(&'t DeTable<'t>),
    Array(&'t DeArray<'t>),
    Value,
}

impl<'t> Inside<'t> {
    fn of(value: &'t DeValue<'t>) -> Self {
        match value {
            DeValue::Table(table) => Self::Table(table),
            DeValue::Array(array) => Self::Array(array),
            _ => Self::Value,
        }
    }

    fn at(&self, step: &Step) -> Option<(Range<usize>, &'t DeValue<'t>)> {
        match (self, step) {
            (Self::Table(table), Step::Key(key)) => {
                let mut entries = table.iter();
                let (key, value) = entries.find(|(it, _)| it.get_ref() == key)?;
                Some((key.span(), value.get_ref()))
            }
            (Self::Array(array), Step::Index(index)) => {
                let value = array.get(*index)?;
                Some((value.span(), value.get_ref()))
            }
            _ => None,
        }
    }
}

/// The line and the column of the beginning of a span.
pub(crate) fn position(text: &str, span: &Range<usize>) -> Option<(usize, usize)> {
    let before = text.get(..span.start)?;
    let line = before.matches('\n').count().saturating_add(1);
    let column = before.rsplit('\n').next().unwrap_or_default();
    Some((line, column.chars().count().saturating_add(1)))
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if number == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_a_place() {
        let text = "[a]\nb = 1\n[[a.c]]\nd = 2\n[[a.c]]\n  d = [\"ä\", 3]\n[e]\nf = { g = 4 }\n";
        let a = SettingPath::new("a");
        let second = a.key("c").index(1);
        for (path, shown, place) in [
            (a.key("b"), "a.b", Some((2, 1))),
            (second.key("d"), "a.c[1].d", Some((6, 3))),
            (second.key("d").index(1), "a.c[1].d[1]", Some((6, 13))),
            // Missing ones have the place of what they are missing in.
            (second.key("x"), "a.c[1].x", Some((5, 1))),
            (
                SettingPath::new("e").key("f").key("g"),
                "e.f.g",
                Some((8, 7)),
            ),
            (SettingPath::new("x"), "x", None),
        ] {
            assert_eq!(path.to_string(), shown);
            assert_eq!(path.find(text), place, "{shown}");
        }
    }
}
