//! The parameters of a statement: none, by position, or by name.

use std::borrow::Cow;
use std::collections::HashSet;

use thiserror::Error;

use super::param::Param;
use super::placeholders::{Escapes, placeholders};

/// The parameters of a statement, as [`IntoParams`] returns them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Params<'p> {
    /// No parameters. The statement is executed as by [`Connection::query`](crate::mysql::Connection::query).
    None,
    /// One parameter for each `?`, in order. The statement is prepared.
    Positional(Cow<'p, [Param]>),
    /// One parameter for each `:name`. A name may occur several times. The statement is prepared.
    Named(Vec<(Cow<'p, str>, Param)>),
}

/// A type that can be passed as the parameters of a statement.
///
/// | type | parameters |
/// |---|---|
/// | `()` | none |
/// | a tuple of 1 to 16 types, such as `(7, "x")` or `(7,)` | by position |
/// | `&[Param]`, `&[Param; N]`, `[Param; N]`, `&Vec<Param>`, `Vec<Param>` | by position |
/// | [`params!`](crate::params) | by name |
///
/// ```no_run
/// # async fn update(mut connection: rds_bridge::mysql::Connection) -> Result<(), rds_bridge::Error> {
/// use rds_bridge::params;
///
/// connection.execute("UPDATE items SET name = ? WHERE id = ?", ("lamp", 7)).await?;
/// let named = params! { name: "lamp", id: 7 };
/// connection.execute("UPDATE items SET name = :name WHERE id = :id", named).await?;
/// # Ok(())
/// # }
/// ```
pub trait IntoParams<'p> {
    /// Converts to the parameters.
    fn into_params(self) -> Params<'p>;
}

impl<'p> IntoParams<'p> for Params<'p> {
    fn into_params(self) -> Self {
        self
    }
}

impl<'p> IntoParams<'p> for () {
    fn into_params(self) -> Params<'p> {
        Params::None
    }
}

impl<'p> IntoParams<'p> for &'p [Param] {
    fn into_params(self) -> Params<'p> {
        Params::Positional(Cow::Borrowed(self))
    }
}

impl<'p, const N: usize> IntoParams<'p> for &'p [Param; N] {
    fn into_params(self) -> Params<'p> {
        self.as_slice().into_params()
    }
}

impl<'p> IntoParams<'p> for &'p Vec<Param> {
    fn into_params(self) -> Params<'p> {
        self.as_slice().into_params()
    }
}

impl<'p> IntoParams<'p> for Vec<Param> {
    fn into_params(self) -> Params<'p> {
        Params::Positional(Cow::Owned(self))
    }
}

impl<'p, const N: usize> IntoParams<'p> for [Param; N] {
    fn into_params(self) -> Params<'p> {
        Vec::from(self).into_params()
    }
}

macro_rules! tuples {
    ($(($($type:ident $at:tt),+))+) => {$(
        impl<'p, $($type: Into<Param>),+> IntoParams<'p> for ($($type,)+) {
            fn into_params(self) -> Params<'p> {
                vec![$(self.$at.into()),+].into_params()
            }
        }
    )+};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15)
}

/// The names of the parameters do not match those in the statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// A name in the statement has no parameter.
    #[error("the statement has :{0}, but no parameter has that name")]
    Missing(String),
    /// The name of a parameter is not in the statement.
    #[error("the parameter {0} is given, but the statement has no :{0}")]
    Unknown(String),
    /// Two parameters have the same name.
    #[error("the parameter {0} is given twice")]
    Repeated(String),
    /// The statement has question marks as well as names.
    #[error(
        "the statement has question marks, but the parameters are named: write :NAME instead of ?"
    )]
    Mixed,
}

/// Replaces each name in the statement by a question mark, and returns the parameters by position.
pub(crate) fn by_position(
    sql: &str,
    named: &[(Cow<'_, str>, Param)],
    escapes: Escapes,
) -> Result<(String, Vec<Param>), NameError> {
    let mut names = HashSet::new();
    if let Some((name, _)) = named.iter().find(|(name, _)| !names.insert(name)) {
        return Err(NameError::Repeated(name.clone().into_owned()));
    }
    let mut positional = String::with_capacity(sql.len());
    let mut params = Vec::new();
    let mut used = HashSet::new();
    let mut end = 0;
    for placeholder in placeholders(sql, escapes) {
        let name = placeholder.name.ok_or(NameError::Mixed)?;
        let param = named.iter().find(|(given, _)| given == name);
        let (_, param) = param.ok_or_else(|| NameError::Missing(name.to_owned()))?;
        positional.push_str(sql.get(end..placeholder.range.start).unwrap_or_default());
        positional.push('?');
        params.push(param.clone());
        used.insert(name);
        end = placeholder.range.end;
    }
    positional.push_str(sql.get(end..).unwrap_or_default());
    match named.iter().find(|(name, _)| !used.contains(&**name)) {
        Some((name, _)) => Err(NameError::Unknown(name.clone().into_owned())),
        None => Ok((positional, params)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    fn named(sql: &str, params: Params<'_>) -> Result<(String, Vec<Param>), NameError> {
        let Params::Named(named) = params else {
            panic!("they are named");
        };
        by_position(sql, &named, Escapes::Strings)
    }

    #[test]
    fn names_become_question_marks() {
        let sql = "SELECT ':b' FROM t WHERE a = :a AND b > :b OR a < :a";
        let (sql, params) = named(sql, params! { a: 1, b: "x" }).unwrap();
        assert_eq!(sql, "SELECT ':b' FROM t WHERE a = ? AND b > ? OR a < ?");
        assert_eq!(params, [Param::Int(1), Param::from("x"), Param::Int(1)]);
        let none = named("SELECT 1", params! {}).unwrap();
        assert_eq!(none, ("SELECT 1".to_owned(), Vec::new()));
    }

    #[test]
    fn names_that_do_not_fit() {
        let failed = |sql, params| named(sql, params).unwrap_err();
        let missing = failed("SELECT :a, :b", params! { a: 1 });
        assert_eq!(missing, NameError::Missing("b".to_owned()));
        let unknown = failed("SELECT :a", params! { a: 1, c: 2 });
        assert_eq!(unknown, NameError::Unknown("c".to_owned()));
        let repeated = failed("SELECT :a", params! { a: 1, a: 2 });
        assert_eq!(repeated, NameError::Repeated("a".to_owned()));
        assert_eq!(failed("SELECT :a, ?", params! { a: 1 }), NameError::Mixed);
    }

    #[test]
    fn every_form_is_positional_but_the_unit() {
        let expected = [Param::Int(7), Param::Null];
        let tuple = (7, None::<u64>).into_params();
        let slice = expected.as_slice().into_params();
        let vec = expected.to_vec();
        for params in [
            tuple,
            slice,
            (&vec).into_params(),
            expected.clone().into_params(),
        ] {
            let Params::Positional(params) = params else {
                panic!("they are positional");
            };
            assert_eq!(*params, expected);
        }
        assert!(matches!(().into_params(), Params::None));
    }
}
