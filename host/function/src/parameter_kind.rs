//! The types that a named statement gives its parameters.

use std::fmt;

use rds_bridge::mysql::Param;

/// What a parameter may be, other than null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Number,
    Text,
    Boolean,
    Any,
    /// Of a statement that was set without types. A number compared with a text column is equal to every text that does
    /// not begin with a digit, so that a caller who chooses the type could select rows that the statement does not mean.
    NotSet,
}

/// As they are called in the settings.
pub(super) const KINDS: [(&str, Kind); 5] = [
    ("integer", Kind::Integer),
    ("number", Kind::Number),
    ("text", Kind::Text),
    ("boolean", Kind::Boolean),
    ("any", Kind::Any),
];

impl Kind {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let known = KINDS.iter().find(|(known, _)| *known == name);
        known.map(|(_, kind)| *kind)
    }

    /// Whether a value that is bound may be bound for this one.
    pub(super) fn takes(self, param: &Param) -> bool {
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
