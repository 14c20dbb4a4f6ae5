//! Copies the contracts, `wit/`, `wit/mysql` and `wit/mysql-async`, into the crates. A package can include only its own
//! files, and a checkout on Windows has no symbolic links.

use std::error::Error;
use std::path::Path;
use std::{fs, io};

/// The copies, in the crates that generate code from a contract, and the folder of that contract.
const CARRIERS: [(&str, &str); 4] = [
    ("component/wit", "wit"),
    ("host/bridge/wit", "wit"),
    ("host/guests/wit", "wit/mysql"),
    ("host/guests/wit-async", "wit/mysql-async"),
];

/// Replaces the copies by the contracts.
pub(crate) fn copy(workspace: &Path) -> io::Result<()> {
    for (carrier, contract) in CARRIERS {
        let contract = read(&workspace.join(contract))?;
        let carrier = workspace.join(carrier);
        if carrier.exists() {
            fs::remove_dir_all(&carrier)?;
        }
        fs::create_dir_all(&carrier)?;
        for (name, text) in contract {
            fs::write(carrier.join(name), text)?;
        }
    }
    Ok(())
}

/// Checks that the copies are equal to the contracts.
///
/// # Errors
///
/// A copy differs, or cannot be read.
pub(crate) fn check(workspace: &Path) -> Result<(), Box<dyn Error>> {
    for (carrier, contract) in CARRIERS {
        if read(&workspace.join(carrier))? != read(&workspace.join(contract))? {
            return Err(format!(
                "{carrier} differs from {contract}/: edit only {contract}/, and run ./just component, which copies it there"
            )
            .into());
        }
    }
    Ok(())
}

/// Reads the files of a folder, without those of the folders in it: their names and contents, sorted by name.
fn read(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((name.into_owned(), fs::read(&path)?));
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_that_differs_is_named_until_it_is_copied() {
        let workspace = tempfile::tempdir().unwrap();
        let wit = workspace.path().join("wit");
        fs::create_dir_all(wit.join("mysql")).unwrap();
        fs::write(wit.join("world.wit"), "world bridge {}").unwrap();
        fs::write(wit.join("mysql/world.wit"), "world imports {}").unwrap();
        fs::create_dir_all(wit.join("mysql-async")).unwrap();
        copy(workspace.path()).unwrap();
        check(workspace.path()).unwrap();
        let guests = workspace.path().join("host/guests/wit/world.wit");
        assert_eq!(fs::read(guests).unwrap(), b"world imports {}");
        assert!(!workspace.path().join("component/wit/mysql").exists());

        let stale = workspace.path().join("host/bridge/wit/old.wit");
        fs::write(&stale, "").unwrap();
        let error = check(workspace.path()).unwrap_err().to_string();
        assert!(
            error.starts_with("host/bridge/wit differs from wit/"),
            "{error}"
        );
        copy(workspace.path()).unwrap();
        check(workspace.path()).unwrap();
        assert!(!stale.exists());
    }
}
