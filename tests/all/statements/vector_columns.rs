//! `VECTOR` of MySQL 9: numbers in every format and in the library. MariaDB 10.11 has none.

use std::process::Command;

use rds_bridge::Error;
use rds_bridge::mysql::{ColumnKind, Connection, Param, Protocol, Value, Vector};
use rds_bridge_test_support::python;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use tempfile::TempDir;

use crate::helpers::command::{query, stderr, stdout};
use crate::helpers::live::{block_on, to};

/// Fewer entries than the column may have, negative and long ones, and NULL.
const ROWS: &str = "CREATE TABLE iamtest.vectors (n INT PRIMARY KEY, v VECTOR(3));
     INSERT INTO iamtest.vectors VALUES
         (1, STRING_TO_VECTOR('[1, 2.5, -3e10]')),
         (2, NULL),
         (3, STRING_TO_VECTOR('[0.1, 1.17549435e-38]'));";
const SELECT: &str = "SELECT n, v FROM vectors ORDER BY n";

fn server() -> Server {
    let server = Server::start(Product::MySql, &Options::default());
    server.execute_as_admin(ROWS);
    server
}

#[test]
fn in_every_text_format() {
    let server = server();
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
            let arguments = [SELECT, "--format", format, "--protocol", protocol];
            let output = query(&server, &arguments);
            assert_eq!(stdout(&output), expected, "{protocol}: {}", stderr(&output));
        }
    }
}

/// Read by pyarrow: a list, since a row may have fewer entries than the column is declared with.
#[test]
fn in_every_columnar_format() {
    let server = server();
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
            let written = query(&server, &[&[SELECT], &to_file[..]].concat());
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

async fn vectors(connection: &mut Connection) -> Result<Vec<Option<Vec<f32>>>, Error> {
    let mut rows = connection.query(SELECT).await?;
    assert_eq!(rows.columns()[1].kind(), ColumnKind::Vector);
    let mut vectors = Vec::new();
    while let Some((_, vector)) = rows.next_as::<(i32, Option<Vec<f32>>)>().await? {
        vectors.push(vector);
    }
    Ok(vectors)
}

#[test]
fn in_the_library_in_both_protocols() {
    let server = server();
    block_on(async {
        let bridge = to(&server).user("admin").password(PASSWORD);
        let bridge = bridge.allow_writes(true).build().await.unwrap();
        let mut connection = bridge.connect().await.unwrap();
        let mine = vec![1.5_f32, f32::MIN_POSITIVE, f32::MAX];
        let insert = "INSERT INTO vectors VALUES (?, ?)";
        for (n, param) in [
            (4, Param::from(mine.clone())),
            (5, mine.as_slice().into()),
            (6, Param::Null),
        ] {
            let params = [n.into(), param];
            let inserting = connection.query_with(insert, &params);
            inserting.await.unwrap().finish().await.unwrap();
        }
        for protocol in [Protocol::Text, Protocol::Binary] {
            connection.set_protocol(protocol);
            assert_eq!(
                vectors(&mut connection).await.unwrap(),
                [
                    Some(vec![1.0, 2.5, -3e10]),
                    None,
                    Some(vec![0.1, 1.175_494_4e-38]),
                    Some(mine.clone()),
                    Some(mine.clone()),
                    None
                ],
                "{protocol:?}"
            );
            let bytes = "SELECT v, CAST(v AS BINARY) FROM vectors WHERE n = 1";
            let mut rows = connection.query(bytes).await.unwrap();
            let row = rows.next().await.unwrap().unwrap();
            let vector: Vector<'_> = row.get(0).unwrap();
            assert_eq!(row.value(0), Ok(Value::Vector(vector)));
            assert_eq!(Some(vector.as_bytes()), row.get(1).ok());
            assert_eq!(row.get::<&[u8]>(0), row.get(1));
            assert!(row.get::<&str>(0).is_err() && row.get::<f32>(0).is_err());
        }
    });
}
