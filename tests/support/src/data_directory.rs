//! The server's data, with accounts and tables in it: made once, and copied for each server.
//!
//! Making it takes seconds, copying it some milliseconds. It is kept below cargo's target folder, by
//! what goes into it.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::maria_db::PASSWORD;
use crate::plugins::{self, program};

/// Small files, so that they are quickly copied. Every start of the server on this data needs them.
pub(crate) const ARGUMENTS: [&str; 4] = [
    "--innodb-log-file-size=4M",
    "--innodb-data-file-path=ibdata1:5M:autoextend",
    "--innodb-autoextend-increment=1",
    // There may be little memory for it, and many servers at once.
    "--innodb-use-native-aio=OFF",
];

/// A statement a line. The accounts are described in [`crate::maria_db`].
fn setup() -> String {
    format!(
        "\
DELETE FROM mysql.global_priv WHERE user IN ('', 'root');
DELETE FROM mysql.proxies_priv;
FLUSH PRIVILEGES;
CREATE DATABASE iamtest;
CREATE TABLE iamtest.items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64), price DECIMAL(10,2)) CHARACTER SET utf8mb4;
INSERT INTO iamtest.items (name, price) VALUES ('apple', 1.25), ('bread', 3.50), ('cheese', 12.00);
CREATE USER 'admin'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}');
CREATE USER 'lambda-user'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
CREATE USER 'no-grant'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
CREATE USER 'native-user'@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}');
CREATE USER 'ed25519-user'@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}');
GRANT ALL ON *.* TO 'admin'@'%' WITH GRANT OPTION;
GRANT SELECT ON iamtest.* TO 'lambda-user'@'%', 'native-user'@'%', 'ed25519-user'@'%';
SHUTDOWN;
"
    )
}

/// Puts a data directory at `target`, which is not there yet.
pub(crate) fn put_at(target: &Path) {
    static TEMPLATE: OnceLock<PathBuf> = OnceLock::new();
    copy(TEMPLATE.get_or_init(template), target).unwrap();
}

/// `--user=root` if that is who we are: the server asks for it.
pub(crate) fn user_argument(own_file: &Path) -> Option<&'static str> {
    let is_root = fs::metadata(own_file).unwrap().uid() == 0;
    is_root.then_some("--user=root")
}

fn template() -> PathBuf {
    let version = Command::new(program("mariadbd"))
        .arg("--version")
        .output()
        .expect("mariadbd");
    let mut hasher = DefaultHasher::new();
    (version.stdout, ARGUMENTS, setup()).hash(&mut hasher);
    let all = folder_for_templates();
    let template = all.join(format!("{:016x}", hasher.finish()));
    if !template.is_dir() {
        fs::create_dir_all(&all).unwrap();
        let making = tempfile::tempdir_in(&all).unwrap();
        let data = making.path().join("data");
        make(making.path(), &data);
        // Other test processes may have been at it too. The first one in wins, and all are the same.
        if let Err(error) = fs::rename(&data, &template) {
            assert!(template.is_dir(), "{}: {error}", template.display());
        }
    }
    template
}

/// Cargo puts a test at `<target>/<profile>/deps`.
fn folder_for_templates() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).expect("it lies in two folders");
    profile.join("mariadb-templates")
}

fn make(folder: &Path, data: &Path) {
    let user = user_argument(folder);
    run(Command::new(program("mariadb-install-db"))
        .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
        .arg("--auth-root-authentication-method=normal")
        .arg(format!("--datadir={}", data.display()))
        .args(user)
        .args(ARGUMENTS));
    let setup_file = folder.join("setup.sql");
    fs::write(&setup_file, setup()).unwrap();
    let said = run(Command::new(program("mariadbd"))
        .args(["--no-defaults", "--skip-networking", "--feedback=OFF"])
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--init-file={}", setup_file.display()))
        .args(user)
        .args(plugins::put_into(&folder.join("plugins")))
        .args(ARGUMENTS));
    // It goes on after a statement that fails.
    assert!(!said.contains("[ERROR]"), "{said}");
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}\n{said}");
    said
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
