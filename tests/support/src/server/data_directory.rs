//! The server's data directory with accounts and tables: created once, and copied for each server.
//!
//! Creating it takes seconds, copying it some milliseconds. It is cached below cargo's target folder, under a hash of
//! its inputs.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::plugins;
use super::product::Product;

/// The setup, one statement a line. [`super`] describes the accounts.
fn setup(product: Product) -> String {
    format!(
        "\
CREATE DATABASE iamtest;
CREATE TABLE iamtest.items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64), price DECIMAL(10,2)) CHARACTER SET utf8mb4;
INSERT INTO iamtest.items (name, price) VALUES ('apple', 1.25), ('bread', 3.50), ('cheese', 12.00);
{}SHUTDOWN;
",
        product.accounts()
    )
}

/// Creates a data directory at `target`, which must not exist.
pub(super) fn put_at(target: &Path, product: Product) {
    static MYSQL: OnceLock<PathBuf> = OnceLock::new();
    static MARIA_DB: OnceLock<PathBuf> = OnceLock::new();
    let made = match product {
        Product::MySql => &MYSQL,
        Product::MariaDb => &MARIA_DB,
    };
    copy(made.get_or_init(|| template(product)), target).unwrap();
}

/// `--user=root` if the test runs as root: the server refuses to run as root without it.
pub(super) fn user_argument(own_file: &Path) -> Option<&'static str> {
    let is_root = fs::metadata(own_file).unwrap().uid() == 0;
    is_root.then_some("--user=root")
}

fn template(product: Product) -> PathBuf {
    let version = product.server().arg("--version").output().unwrap();
    let mut hasher = DefaultHasher::new();
    (version.stdout, product.data_arguments(), setup(product)).hash(&mut hasher);
    let all = folder_for_templates();
    let template = all.join(format!("{:016x}", hasher.finish()));
    if !template.is_dir() {
        fs::create_dir_all(&all).unwrap();
        let making = tempfile::tempdir_in(&all).unwrap();
        let data = making.path().join("data");
        make(making.path(), &data, product);
        // Another test process may have created the same template meanwhile. The first rename wins, and all templates
        // are equal.
        if let Err(error) = fs::rename(&data, &template) {
            assert!(template.is_dir(), "{}: {error}", template.display());
        }
    }
    template
}

/// Cargo puts the binary of a test at `<target>/<profile>/deps`.
fn folder_for_templates() -> PathBuf {
    let test = env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).expect("it lies in two folders");
    profile.join("data-directories")
}

fn make(folder: &Path, data: &Path, product: Product) {
    let user = user_argument(folder);
    let temporary = folder.join("tmp");
    fs::create_dir(&temporary).unwrap();
    run(&mut product.initialise(data, &temporary, user));
    let setup_file = folder.join("setup.sql");
    fs::write(&setup_file, setup(product)).unwrap();
    let said = run(product
        .server()
        .arg("--skip-networking")
        .args(product.start_arguments())
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", folder.join("socket").display()))
        .arg(format!("--tmpdir={}", temporary.display()))
        .arg(format!("--init-file={}", setup_file.display()))
        .args(user)
        .args(plugins::put_into(&folder.join("plugins"), product))
        .args(product.data_arguments()));
    // The server continues after a statement of `--init-file` that fails.
    assert!(!said.contains("[ERROR]"), "{said}");
    // `auto.cnf` has the server's UUID. Without the file each server creates its own when it starts; two servers of one
    // network may not share one.
    let _there_is_none = fs::remove_file(data.join("auto.cnf"));
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
