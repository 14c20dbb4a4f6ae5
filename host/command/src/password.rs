//! The password of a database user without IAM authentication: from a file, a prompt, or `DB_PASSWORD`.

mod prompt;

use std::env;
use std::fs::File;
#[cfg(feature = "proxy")]
use std::io::IsTerminal;
use std::io::{self, ErrorKind as IoErrorKind, Read};
use std::path::Path;

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::error::Error;
use super::variables;

const VARIABLE: &str = "DB_PASSWORD";
const NO_TERMINAL: &str =
    "--password-file -: there is no terminal to ask on: give a file, such as /dev/stdin";
/// A longer file is not a password. MySQL's longest is 32 characters for users of a replica, and 256 bytes for others.
const LIMIT: u64 = 64 << 10;

/// The password, if one is given. The file takes precedence over the variable.
pub(super) fn read(file: Option<&Path>) -> Result<Option<SecretString>, Error> {
    if let Some(path) = file {
        let flag = "--password-file";
        let password = match path == Path::new("-") {
            true => not_empty(&prompt::ask(NO_TERMINAL)?, || {
                format!("{flag} -: the password is empty")
            }),
            false => of_file(path, flag),
        };
        return password.map(Some);
    }
    match env::var(VARIABLE) {
        Ok(password) if password.is_empty() => Ok(None),
        Ok(password) => Ok(Some(SecretString::from(password))),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Error::Usage(format!("{VARIABLE} is not UTF-8"))),
    }
}

/// The password in this file, which `flag` names.
pub(super) fn of_file(path: &Path, flag: &str) -> Result<SecretString, Error> {
    let read = from_file(path);
    let password = read.map_err(|error| Error::ReadFile(path.to_owned(), error))?;
    not_empty(&password, || {
        format!("{flag}: {} contains no password", path.display())
    })
}

/// The password on standard input, or the one that is typed if that is a terminal, without echo.
#[cfg(feature = "proxy")]
pub(super) fn of_standard_input() -> Result<SecretString, Error> {
    let input = io::stdin();
    let password = match cfg!(unix) && input.is_terminal() {
        true => {
            prompt::ask("there is no terminal to ask on: pipe the password into standard input")?
        }
        false => from_reader(input.lock()).map_err(Error::Read)?,
    };
    not_empty(&password, || "the password is empty".to_owned())
}

fn not_empty(password: &str, problem: impl Fn() -> String) -> Result<SecretString, Error> {
    if password.is_empty() {
        return Err(Error::Usage(problem()));
    }
    Ok(SecretString::from(password))
}

/// Whether a password is given.
pub(super) fn is_given(file: Option<&Path>) -> bool {
    file.is_some() || env::var_os(VARIABLE).is_some_and(|password| !password.is_empty())
}

/// The error for a password and a secret.
pub(super) fn and_secret() -> Error {
    Error::Usage(format!(
        "{} and {} are both given: a secret contains the password, so omit one of them",
        variables::name_of("--password-file", VARIABLE),
        variables::name_of("--secret", "DB_SECRET_ARN")
    ))
}

fn from_file(path: &Path) -> io::Result<Zeroizing<String>> {
    from_reader(File::open(path)?)
}

/// The whole input, without one line break at its end.
fn from_reader(input: impl Read) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let length = input
        .take(LIMIT.saturating_add(1))
        .read_to_string(&mut text)?;
    if u64::try_from(length).is_ok_and(|length| length > LIMIT) {
        let why = "it is too long for a password";
        return Err(io::Error::new(IoErrorKind::InvalidData, why));
    }
    let end = text.strip_suffix('\n').unwrap_or(&text);
    let end = end.strip_suffix('\r').unwrap_or(end);
    Ok(Zeroizing::new(end.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        for (content, password) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            ("secret\r\n", "secret"),
            (" secret \n\n", " secret \n"),
        ] {
            fs::write(&path, content).unwrap();
            let read = read(Some(&path)).unwrap().unwrap();
            assert_eq!(read.expose_secret(), password);
        }
        fs::write(&path, "\n").unwrap();
        let error = read(Some(&path)).unwrap_err().to_string();
        let expected = format!("--password-file: {} contains no password", path.display());
        assert_eq!(error, expected);
        fs::write(&path, "x".repeat(70_000)).unwrap();
        let error = read(Some(&path)).unwrap_err().to_string();
        assert!(error.ends_with("it is too long for a password"), "{error}");
    }
}
