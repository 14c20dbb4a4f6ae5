//! Reads a package's dependencies from `Cargo.lock`.
//!
//! Source: The Cargo Book, "Cargo.toml vs Cargo.lock", and cargo's `encode.rs`: a dependency is named by the shortest
//! of `name`, `name version` and `name version source` that is unique.

use std::collections::BTreeMap;
use std::error::Error;

use toml::{Table, Value};

/// Lists the packages that a workspace member needs for these direct dependencies: one per line, with version and
/// checksum.
///
/// The list may contain more packages than this member needs: `Cargo.lock` contains a package's dependencies for the
/// features and targets of all workspace members.
///
/// # Errors
///
/// `Cargo.lock` lacks one of the packages, or does not identify it uniquely.
pub(crate) fn closure(
    lock: &Table,
    member: &str,
    direct: &[&str],
) -> Result<String, Box<dyn Error>> {
    let packages = packages(lock);
    let is_direct = |it: &&str| direct.contains(&it.split(' ').next().unwrap_or(it));
    let member = find(&packages, member)?;
    let mut open: Vec<&str> = dependencies(member).filter(is_direct).collect();
    if open.len() < direct.len() {
        return Err(format!("Cargo.lock does not contain all of {}", direct.join(", ")).into());
    }
    let mut found = BTreeMap::new();
    while let Some(name) = open.pop() {
        let package = find(&packages, name)?;
        let line = |key| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let key = format!("{} {}", line("name"), line("version"));
        if found.insert(key, line("checksum")).is_none() {
            open.extend(dependencies(package));
        }
    }
    Ok(found
        .iter()
        .map(|(key, checksum)| format!("{key} {checksum}\n"))
        .collect())
}

/// The locked version of a package.
///
/// # Errors
///
/// `Cargo.lock` does not contain exactly one version of the package.
pub(crate) fn version<'a>(lock: &'a Table, name: &str) -> Result<&'a str, Box<dyn Error>> {
    let package = find(&packages(lock), name)?;
    let version = package.get("version").and_then(Value::as_str);
    version.ok_or_else(|| format!("Cargo.lock contains no version for {name}").into())
}

fn packages(lock: &Table) -> Vec<&Table> {
    let packages = lock.get("package").and_then(Value::as_array);
    packages
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
        .collect()
}

fn dependencies(package: &Table) -> impl Iterator<Item = &str> {
    let dependencies = package.get("dependencies").and_then(Value::as_array);
    dependencies.into_iter().flatten().filter_map(Value::as_str)
}

/// Finds the only package that matches `name`, `name version` or `name version source`. It does not compare the source.
fn find<'a>(packages: &[&'a Table], wanted: &str) -> Result<&'a Table, Box<dyn Error>> {
    let mut parts = wanted.split(' ');
    let (name, version) = (parts.next(), parts.next());
    let is = |package: &&&Table, key, value: Option<&str>| {
        value.is_none() || package.get(key).and_then(Value::as_str) == value
    };
    let mut found = packages
        .iter()
        .filter(|it| is(it, "name", name) && is(it, "version", version));
    match (found.next(), found.next()) {
        (Some(package), None) => Ok(package),
        _ => Err(format!("Cargo.lock does not contain exactly one package {wanted}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
        [[package]]
        name = "member"
        version = "0.1.0"
        dependencies = ["direct", "only-for-tests"]
        [[package]]
        name = "direct"
        version = "1.0.0"
        checksum = "aa"
        dependencies = ["twice 2.0.0"]
        [[package]]
        name = "twice"
        version = "1.0.0"
        checksum = "bb"
        [[package]]
        name = "twice"
        version = "2.0.0"
        checksum = "cc"
        dependencies = ["direct"]
        [[package]]
        name = "only-for-tests"
        version = "1.0.0"
        checksum = "dd"
    "#;

    #[test]
    fn it_has_what_is_needed_and_no_more() {
        let lock: Table = LOCK.parse().unwrap();
        let closure = closure(&lock, "member", &["direct"]).unwrap();
        assert_eq!(closure, "direct 1.0.0 aa\ntwice 2.0.0 cc\n");
    }

    #[test]
    fn what_is_missing_is_an_error() {
        let lock: Table = LOCK.parse().unwrap();
        assert!(closure(&lock, "member", &["direct", "other"]).is_err());
        assert!(closure(&lock, "another", &[]).is_err());
        assert!(version(&lock, "twice").is_err());
        assert_eq!(version(&lock, "direct").unwrap(), "1.0.0");
    }
}
