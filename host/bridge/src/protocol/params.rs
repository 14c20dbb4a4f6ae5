//! The parameters of a statement: none, by position, or by name.

use std::borrow::Cow;
use std::collections::HashSet;

use thiserror::Error;

use super::param::Param;
use super::placeholders::{Escapes, placeholders};

/// The parameters of a statement. Every type of [`IntoParams`] becomes one of these.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Params<'p> {
    /// The statement has none. It is executed as [`Connection::query`](crate::mysql::Connection::query) executes it.
    None,
    /// One for each `?`, in order. The statement is prepared.
    Positional(Cow<'p, [Param]>),
    /// One for each name of a `:name`. A name may stand at several places. The statement is prepared.
    Named(Vec<(Cow<'p, str>, Param)>),
}

/// What can be given as the parameters of a statement.
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
    /// The parameters.
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

/// Why the parameters' names do not fit the statement.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// The statement has a name without a parameter.
    #[error("the statement has :{0}, and no parameter of that name is given")]
    Missing(String),
    /// A parameter has a name that is not in the statement.
    #[error("a parameter {0} is given, and the statement has no :{0}")]
    Unknown(String),
    /// Two parameters have the same name.
    #[error("the parameter {0} is given twice")]
    Repeated(String),
    /// The statement has question marks too.
    #[error("the statement has question marks, and parameters are given by name")]
    Mixed,
}

/// The statement with a question mark for each name, and its parameters by position.
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
