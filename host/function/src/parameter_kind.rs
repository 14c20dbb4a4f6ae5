//! The types that a named statement declares for its parameters.

use std::fmt;

use rds_bridge::mysql::Param;

/// The type of a parameter. Every type accepts null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Number,
    Text,
    Boolean,
    Any,
    /// The statement was configured without types: the parameter accepts only text. MySQL compares a number with a text
    /// column numerically, and 0 equals every text that does not begin with a number. A caller that may choose the type
    /// could thus select rows that the statement does not mean.
    NotSet,
}

/// The names of the types in the settings.
pub(super) const KINDS: [(&str, Kind); 5] = [
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("text", Kind::Text),
    ("boolean", Kind::Boolean),
    ("any", Kind::Any),
];

impl Kind {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| *kind)
    }

    /// Whether the type accepts a number or a text. Booleans and null are bound before this is called.
    pub(super) fn accepts(self, param: &Param) -> bool {
        match self {
            Self::Any => true,
            Self::Integer => matches!(param, Param::Int(_) | Param::UnsignedInt(_)),
            Self::Number => !matches!(param, Param::Text(_)),
            Self::Text | Self::NotSet => matches!(param, Param::Text(_)),
            Self::Boolean => false,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = KINDS.iter().find(|(_, kind)| kind == self);
        f.write_str(known.map_or("", |(name, _)| name))
    }
}
