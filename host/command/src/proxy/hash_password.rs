//! `rds-bridge proxy hash-password`: what a configuration file stores of a caller's password.

use std::process::ExitCode;

use secrecy::ExposeSecret;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::{output, password};

/// Reads a password from standard input, or asks for it if that is a terminal. Prints its hashes as settings.
pub(super) fn run() -> Result<ExitCode, Error> {
    let password = password::of_standard_input()?;
    output::print(&settings(password.expose_secret()))?;
    Ok(ExitCode::SUCCESS)
}

fn settings(password: &str) -> String {
    format!(
        "password_sha256_twice = \"{}\"\n\
         # Only for clients that support no method but mysql_native_password:\n\
         # password_sha1_twice = \"{}\"\n",
        twice::<Sha256>(password),
        twice::<Sha1>(password)
    )
}

/// The hash of the password's hash, in hexadecimal.
fn twice<Hash: Digest>(password: &str) -> String {
    let hash = Hash::digest(Hash::digest(password));
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_mysql() {
        let settings = settings("password");
        // MySQL 5.7: SELECT PASSWORD('password'), without the asterisk.
        assert!(
            settings.contains("2470c0c06dee42fd1618bb99005adca2ec9d1e19"),
            "{settings}"
        );
        // echo -n password | openssl sha256 -binary | openssl sha256
        let sha256 = "73641c99f7719f57d8f4beb11a303afcd190243a51ced8782ca6d3dbe014d146";
        assert!(settings.contains(sha256), "{settings}");
    }
}
