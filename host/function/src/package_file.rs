//! Text files beside `bootstrap` in the package.

use std::io::ErrorKind;
use std::path::PathBuf;

use super::environment::Environment;
use super::failure::{Failure, Type};

/// A text file, and how errors name it.
pub(super) struct PackageFile {
    pub(super) name: String,
    pub(super) text: String,
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// Reads a file that the package may contain; `None` if it does not. Outside of Lambda there is no package.
    pub(super) fn package_file(&self, name: &str) -> Result<Option<PackageFile>, Failure> {
        let Some(folder) = self.get("LAMBDA_TASK_ROOT") else {
            return Ok(None);
        };
        let path = PathBuf::from(folder).join(name);
        match std::fs::read(&path) {
            Ok(bytes) => text(name, bytes).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(&path.display().to_string(), &error.to_string())),
        }
    }

    /// Reads the file that a variable names, by a path that may be relative to the package. It must exist.
    pub(super) fn file_of_variable(&self, variable: &str) -> Result<Option<PackageFile>, Failure> {
        let Some(name) = self.get(variable) else {
            return Ok(None);
        };
        let folder = self.get("LAMBDA_TASK_ROOT").unwrap_or_default();
        let path = PathBuf::from(folder).join(&name);
        let bytes = std::fs::read(&path).map_err(|error| {
            let hint = format!("add the file to the package, or unset {variable}");
            wrong(variable, &format!("{}: {error}", path.display())).with_hint(hint)
        })?;
        text(&name, bytes).map(Some)
    }
}

fn text(name: &str, bytes: Vec<u8>) -> Result<PackageFile, Failure> {
    let text = utf_8(&bytes).map_err(|problem| wrong(name, problem))?;
    Ok(PackageFile {
        name: name.to_owned(),
        text: text.to_owned(),
    })
}

fn wrong(name: &str, problem: &str) -> Failure {
    Failure::new(Type::Settings, format!("{name}: {problem}"))
}

/// Decodes a file's text. The error names UTF-16, in which PowerShell's `>` writes files.
fn utf_8(bytes: &[u8]) -> Result<&str, &'static str> {
    match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Err(
            "the file is UTF-16 (PowerShell and some Windows editors write it): \
                                                    save it as UTF-8",
        ),
        _ => std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_encodings_are_named() {
        let read = |bytes: &[u8]| {
            let file = text("a.json", bytes.to_owned());
            file.map(|it| it.text)
                .map_err(|failure| failure.message().to_owned())
        };
        assert_eq!(read(b"\xEF\xBB\xBF{}").as_deref(), Ok("\u{feff}{}"));
        for bytes in [b"\xFF\xFE{\0", b"\xFE\xFF\0{"] {
            assert!(
                read(bytes)
                    .unwrap_err()
                    .contains("a.json: the file is UTF-16")
            );
        }
        assert!(read(b"\xFF").unwrap_err().contains("not UTF-8"));
    }

    #[test]
    fn a_file_that_a_variable_names_must_exist() {
        let environment =
            Environment(|name: &str| (name == "A_FILE").then(|| "/nowhere/a.toml".to_owned()));
        assert!(environment.file_of_variable("B_FILE").unwrap().is_none());
        let failure = environment.file_of_variable("A_FILE").err().unwrap();
        let problem = failure.message();
        assert!(
            problem.starts_with("A_FILE: /nowhere/a.toml: "),
            "{problem}"
        );
    }
}
