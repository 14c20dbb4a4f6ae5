//! A temporary folder that other users of the machine cannot look into.

use std::io;

use tempfile::{Builder, TempDir};

/// Makes a folder with the mode 0700, which is removed with all that is in it when it is dropped.
///
/// # Errors
///
/// The system's.
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
