//! Every column type, with values.

use rds_bridge_test_support::server::{Options, Product, Server};

/// Each type with values other than NULL. The last two types exist in MariaDB only.
const COLUMNS: &[(&str, &[&str])] = &[
    ("TINYINT", &["-128", "127", "0"]),
    ("TINYINT UNSIGNED", &["255"]),
    ("BOOLEAN", &["TRUE", "FALSE"]),
    ("SMALLINT", &["-32768", "32767"]),
    ("SMALLINT UNSIGNED", &["65535"]),
    ("MEDIUMINT", &["-8388608", "8388607"]),
    ("MEDIUMINT UNSIGNED", &["16777215"]),
    ("INT", &["-2147483648", "2147483647"]),
    ("INT(8) ZEROFILL", &["42"]),
    ("INT UNSIGNED", &["4294967295"]),
    ("BIGINT", &["-9223372036854775808", "9223372036854775807"]),
    ("BIGINT UNSIGNED", &["18446744073709551615"]),
    // The largest value, the smallest normal one, and the smallest one.
    (
        "FLOAT",
        &[
            "0.1",
            "-3.4028234e38",
            "1e-30",
            "0",
            "1.17549435e-38",
            "1.4e-45",
            "16777216",
        ],
    ),
    (
        "DOUBLE",
        &[
            "0.1",
            "1.7976931348623157e308",
            "2.5e-308",
            "-0.5",
            "5e-324",
            "1e15",
            "-123456789012345680",
        ],
    ),
    (
        "DECIMAL(65,30)",
        &[
            "99999999999999999999999999999999999.999999999999999999999999999999",
            "-0.1",
            "0",
        ],
    ),
    ("DECIMAL(5,0)", &["-99999"]),
    ("BIT(1)", &["b'1'", "b'0'"]),
    ("BIT(9)", &["b'100000001'"]),
    ("BIT(64)", &["18446744073709551615"]),
    (
        "DATE",
        &[
            "'2026-01-31'",
            "'0000-00-00'",
            "'2026-00-00'",
            "'9999-12-31'",
        ],
    ),
    (
        "TIME",
        &["'12:34:56'", "'-838:59:59'", "'838:59:59'", "'00:00:00'"],
    ),
    ("TIME(3)", &["'-00:00:00.001'", "'100:00:00.120'"]),
    (
        "TIME(6)",
        &["'01:02:03.000004'", "'-838:59:59.999999'", "'-00:00:00.5'"],
    ),
    (
        "DATETIME",
        &["'2026-01-31 23:59:59'", "'0000-00-00 00:00:00'"],
    ),
    ("DATETIME(1)", &["'2026-01-31 23:59:59.9'"]),
    (
        "DATETIME(6)",
        &["'2026-01-31 00:00:00.000001'", "'2026-01-31 00:00:00'"],
    ),
    (
        "TIMESTAMP NULL",
        &["'2026-01-31 12:00:00'", "'0000-00-00 00:00:00'"],
    ),
    ("TIMESTAMP(2) NULL", &["'2026-01-31 12:00:00.05'"]),
    ("YEAR", &["2026", "1901", "0"]),
    ("CHAR(5)", &["'ab'", "''", "'é漢😀'"]),
    ("VARCHAR(20)", &["'tab\\tline\\nend\\0'", "''"]),
    ("VARCHAR(60)", ODD_TEXTS),
    ("VARCHAR(20) CHARACTER SET latin1", &["'café'"]),
    ("VARCHAR(20) CHARACTER SET utf16", &["'漢字'"]),
    ("TEXT", &["REPEAT('x', 70000 - 5000)", "'text'"]),
    ("LONGTEXT", &["REPEAT('é', 100000)"]),
    ("BINARY(4)", &["x'00ff'", "''"]),
    ("VARBINARY(20)", &["x'00ff80'", "''"]),
    ("BLOB", &["x'ff00ff'", "REPEAT(x'00', 300)"]),
    // Every byte value.
    (
        "VARBINARY(256)",
        &[concat!(
            "x'",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
            "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
            "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f",
            "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
            "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf",
            "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
            "e0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
            "'"
        )],
    ),
    ("ENUM('one','zwei','trois é')", &["'trois é'", "'one'"]),
    ("SET('a','b','c')", &["'a,c'", "''"]),
    (
        "JSON",
        &[
            "'{\"a\": [1, null, \"é\"]}'",
            "'\"\\\\\"\\\\n\"'",
            "'[1,\\n2]'",
        ],
    ),
    ("POINT", &["POINT(1, -2)"]),
    (
        "GEOMETRY",
        &["ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"],
    ),
    ("UUID", &["'123e4567-e89b-12d3-a456-426655440000'"]),
    ("INET6", &["'2001:db8::ff00:42:8329'"]),
];

/// Texts that a writer may mistake for its own syntax: quotes, separators, line ends, escapes, words for NULL, terminal
/// escape sequences; and valid texts that look like binary data.
const ODD_TEXTS: &[&str] = &[
    "'\"quoted\", it''s'",
    "','",
    "'\\r\\n\\t\\\\\\0'",
    "'\\n'",
    "'\\r'",
    "'\"'",
    "'\\\\'",
    "' spaces '",
    "'NULL'",
    "'\\\\N'",
    "'\\\\!incomplete'",
    "'| a | b |'",
    "'*** row 1 ***'",
    "x'1b5b33316d'",
    "'😀'",
    // U+FFFD, U+10FFFF, U+FEFF, NEL, and U+2028, a line separator that is not a control character.
    "x'efbfbd'",
    "x'f48fbfbf'",
    "x'efbbbf61'",
    "x'c285'",
    "x'e280a8'",
    "'0x00FF'",
    "''",
];

/// The column types of a server: each type with values other than NULL.
pub(crate) fn columns_of(
    product: Product,
) -> impl Iterator<Item = &'static (&'static str, &'static [&'static str])> + Clone {
    COLUMNS
        .iter()
        .filter(move |(kind, _)| product == Product::MariaDb || !["UUID", "INET6"].contains(kind))
}

/// Creates a table `iamtest.tN` for each type, with a NULL and its values in the column `v`, ordered by `n`. Returns their
/// A server that accepts all of these values.
pub(crate) fn start_server(product: Product) -> Server {
    let options = Options {
        // The default SQL mode refuses zero dates and the year 0.
        arguments: vec!["--sql-mode=".to_owned()],
        ..Options::default()
    };
    Server::start(product, &options)
}

/// number. The server's SQL mode must allow zero dates.
pub(crate) fn create_tables(server: &Server, product: Product) -> usize {
    let mut sql = "SET NAMES utf8mb4;\n".to_owned();
    let mut tables = 0;
    for (number, (kind, values)) in columns_of(product).enumerate() {
        sql += &format!("CREATE TABLE iamtest.t{number} (n INT PRIMARY KEY, v {kind});\n");
        sql += &format!("INSERT INTO iamtest.t{number} VALUES (0, NULL)");
        for (at, value) in values.iter().enumerate() {
            sql += &format!(", ({}, {value})", at + 1);
        }
        sql += ";\n";
        tables = number + 1;
    }
    if product == Product::MySql {
        sql += &format!(
            "CREATE TABLE iamtest.t{tables} (n INT PRIMARY KEY, v VECTOR(3));\n
             INSERT INTO iamtest.t{tables} VALUES (0, NULL), (1, STRING_TO_VECTOR('[1, -2.5, 3]'));\n"
        );
        tables += 1;
    }
    server.execute_as_admin(&sql);
    tables
}
