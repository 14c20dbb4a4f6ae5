//! Compressed files.

use std::fs;
use std::process::Command;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use tempfile::TempDir;

use crate::helpers::command::{query, stderr};

/// The file's content, decompressed by another program. `None` if the machine does not have it.
fn decompressed(program: &str, path: &str) -> Option<String> {
    let output = Command::new(program)
        .args(["-d", "-c", path])
        .output()
        .ok()?;
    assert!(output.status.success(), "{}", stderr(&output));
    Some(String::from_utf8(output.stdout).unwrap())
}

#[apply(on_each_server)]
fn the_name_compresses(product: Product) {
    let server = Server::shared(product);
    let folder = TempDir::new().unwrap();
    let sql = format!("SELECT seq, 'text' AS x FROM {}", product.sequence(50_000));
    for (name, program, magic) in [
        ("rows.csv.gz", "gzip", &[0x1F, 0x8B][..]),
        ("rows.csv.zst", "zstd", &[0x28, 0xB5, 0x2F, 0xFD]),
    ] {
        let path = folder.path().join(name);
        let path_text = path.to_str().unwrap();
        let output = query(server, &[&sql, "--output", path_text]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let bytes = fs::read(&path).unwrap();
        assert!(bytes.starts_with(magic));
        assert!(bytes.len() < 400_000, "{}", bytes.len());
        if let Some(text) = decompressed(program, path_text) {
            assert!(text.starts_with("seq,x\r\n1,text\r\n"));
            assert!(text.ends_with("\r\n50000,text\r\n"));
        }
        // A failure leaves the old file.
        let output = query(server, &["SELECT nothing", "--output", path_text]);
        assert_eq!(output.status.code(), Some(9));
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::remove_file(&path).unwrap();
    }
    let path = folder.path().join("rows.gz");
    let path = path.to_str().unwrap();
    let output = query(server, &["SELECT 1", "--output", path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--format"), "{}", stderr(&output));
    let output = query(server, &["SELECT 1 AS a", "--format", "csv", "-o", path]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}
