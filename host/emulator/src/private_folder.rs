//! A temporary folder that other users of the machine cannot read.

use std::io;

use tempfile::{Builder, TempDir};

/// Creates a temporary folder, on Unix with the mode 0700. Dropping the result removes the folder with its contents.
///
/// # Errors
///
/// The error of the operating system, if the folder cannot be created.
pub fn private_folder() -> io::Result<TempDir> {
    let mut builder = Builder::new();
    builder.prefix("rds-bridge-emulator-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::private_folder;

    #[test]
    fn other_users_cannot_look_into_it() {
        let folder = private_folder().unwrap();
        let mode = folder.path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
