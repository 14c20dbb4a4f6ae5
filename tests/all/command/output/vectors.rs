//! `VECTOR` of MySQL 9 in every format.

use std::process::Command;

use rds_bridge_test_support::python;
use tempfile::TempDir;

use crate::helpers::command::{query, stderr, stdout};
use crate::helpers::tables::{SELECT_VECTORS, server_with_vectors};

#[test]
fn in_every_text_format() {
    let server = server_with_vectors();
    for (format, expected) in [
        (
            "table",
            "+---+----------------------+\n\
             | n | v                    |\n\
             +---+----------------------+\n\
             | 1 | [1,2.5,-30000000000] |\n\
             | 2 | NULL                 |\n\
             | 3 | [0.1,1.1754944e-38]  |\n\
             +---+----------------------+\n",
        ),
        (
            "vertical",
            "*** row 1 ***\nn: 1\nv: [1,2.5,-30000000000]\n\
             *** row 2 ***\nn: 2\nv: NULL\n\
             *** row 3 ***\nn: 3\nv: [0.1,1.1754944e-38]\n",
        ),
        (
            "json",
            "[\n{\"n\":1,\"v\":[1,2.5,-30000000000]},\n{\"n\":2,\"v\":null},\n\
             {\"n\":3,\"v\":[0.1,1.1754944e-38]}\n]\n",
        ),
        (
            "ndjson",
            "{\"n\":1,\"v\":[1,2.5,-30000000000]}\n{\"n\":2,\"v\":null}\n\
             {\"n\":3,\"v\":[0.1,1.1754944e-38]}\n",
        ),
        (
            "csv",
            "n,v\r\n1,\"[1,2.5,-30000000000]\"\r\n2,\r\n3,\"[0.1,1.1754944e-38]\"\r\n",
        ),
        (
            "tsv",
            "n\tv\n1\t[1,2.5,-30000000000]\n2\t\\N\n3\t[0.1,1.1754944e-38]\n",
        ),
    ] {
        for protocol in ["text", "binary"] {
            let arguments = [SELECT_VECTORS, "--format", format, "--protocol", protocol];
            let output = query(&server, &arguments);
            assert_eq!(stdout(&output), expected, "{protocol}: {}", stderr(&output));
        }
    }
}

/// pyarrow reads a list, because a row may have fewer entries than the column's declaration.
#[test]
fn in_every_columnar_format() {
    let server = server_with_vectors();
    let folder = TempDir::new().unwrap();
    let read = "import sys, pyarrow, pyarrow.parquet as parquet
path, format = sys.argv[1:]
if format == 'parquet': table = parquet.read_table(path)
elif format == 'arrow': table = pyarrow.ipc.open_file(path).read_all()
else: table = pyarrow.ipc.open_stream(path).read_all()
assert table.schema.field('v').type == pyarrow.list_(pyarrow.float32()), table.schema
print(table['v'].to_pylist())";
    for format in ["parquet", "arrow", "arrow-stream"] {
        for protocol in ["text", "binary"] {
            let path = folder.path().join(format!("{protocol}.{format}"));
            let path = path.to_str().unwrap();
            let to_file = ["--format", format, "--protocol", protocol, "-o", path];
            let written = query(&server, &[&[SELECT_VECTORS], &to_file[..]].concat());
            assert_eq!(written.status.code(), Some(0), "{}", stderr(&written));
            let output = Command::new(python::interpreter())
                .args(["-c", read, path, format])
                .output()
                .unwrap();
            assert_eq!(
                stdout(&output),
                "[[1.0, 2.5, -30000001024.0], None, [0.10000000149011612, 1.1754943508222875e-38]]\n",
                "{format}: {}",
                stderr(&output)
            );
        }
    }
}
