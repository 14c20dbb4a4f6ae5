//! Every kind of Spin's parameters reaches the server, and every column type a guest of Spin.

use std::fmt::Write;

use rds_bridge_guests::Access;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use super::bindings::fermyon::spin::rdbms_types::{DbDataType, DbValue, Error, ParameterValue};
use super::{ORDERS, Spin, spin_of};
use crate::helpers::column_types::start_server;
use crate::helpers::guest::tenant_with;
use crate::helpers::live::block_on;

async fn spin(server: &Server) -> Spin {
    spin_of(&tenant_with(server, Access::ReadOnly, |_| {}).await).await
}

fn text(it: &str) -> DbValue {
    DbValue::Str(it.to_owned())
}

/// Each kind of parameter, and the text that the server makes of it.
fn parameters() -> Vec<(&'static str, ParameterValue, DbValue)> {
    use ParameterValue::{
        Binary, Boolean, Floating32, Floating64, Int8, Int16, Int32, Int64, Str, Uint8, Uint16,
        Uint32, Uint64,
    };
    let as_text = "SELECT CAST(? AS CHAR)";
    vec![
        (as_text, Boolean(true), text("1")),
        (as_text, Boolean(false), text("0")),
        (as_text, Int8(i8::MIN), text("-128")),
        (as_text, Int8(i8::MAX), text("127")),
        (as_text, Int16(i16::MIN), text("-32768")),
        (as_text, Int32(i32::MIN), text("-2147483648")),
        (as_text, Int64(i64::MIN), text("-9223372036854775808")),
        (as_text, Int64(i64::MAX), text("9223372036854775807")),
        (as_text, Uint8(u8::MAX), text("255")),
        (as_text, Uint16(u16::MAX), text("65535")),
        (as_text, Uint32(u32::MAX), text("4294967295")),
        (as_text, Uint64(u64::MAX), text("18446744073709551615")),
        ("SELECT ?", Int64(i64::MIN), DbValue::Int64(i64::MIN)),
        ("SELECT ?", Uint64(u64::MAX), DbValue::Uint64(u64::MAX)),
        (
            "SELECT ?",
            Floating32(0.1),
            DbValue::Floating64(0.1_f32.into()),
        ),
        (
            "SELECT ?",
            Floating32(f32::MIN),
            DbValue::Floating64(f32::MIN.into()),
        ),
        ("SELECT ?", Floating64(0.1), DbValue::Floating64(0.1)),
        (
            "SELECT ?",
            Floating64(f64::MAX),
            DbValue::Floating64(f64::MAX),
        ),
        ("SELECT ?", Floating64(5e-324), DbValue::Floating64(5e-324)),
        ("SELECT ?", Str("é漢😀'\\".into()), text("é漢😀'\\")),
        ("SELECT ?", Str(String::new()), text("")),
        ("SELECT HEX(?)", Str("é\0".into()), text("C3A900")),
        (
            "SELECT HEX(?)",
            Binary((0..=255).collect()),
            text(&every_byte()),
        ),
        ("SELECT CONCAT(LENGTH(?))", Binary(vec![]), text("0")),
        (
            "SELECT CONCAT(? IS NULL)",
            ParameterValue::DbNull,
            text("1"),
        ),
        ("SELECT ?", ParameterValue::DbNull, DbValue::DbNull),
    ]
}

fn every_byte() -> String {
    (0..=255_u8).fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02X}").unwrap();
        digits
    })
}

#[apply(on_each_server)]
fn every_kind_of_parameter_comes_back(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut spin = spin(server).await;
        for (sql, param, wanted) in parameters() {
            let set = spin.query(ORDERS, sql, std::slice::from_ref(&param)).await;
            assert_eq!(set.unwrap().rows, [[wanted]], "{param:?}");
        }
    });
}

#[apply(on_each_server)]
fn a_number_that_is_not_finite_is_a_bad_parameter(product: Product) {
    let server = Server::shared(product);
    let refusal = "parameter number 2 cannot be sent, is missing, or has no question mark";
    block_on(async {
        let mut spin = spin(server).await;
        for refused in [
            ParameterValue::Floating32(f32::NAN),
            ParameterValue::Floating32(f32::INFINITY),
            ParameterValue::Floating32(f32::NEG_INFINITY),
            ParameterValue::Floating64(f64::NAN),
            ParameterValue::Floating64(f64::INFINITY),
            ParameterValue::Floating64(f64::NEG_INFINITY),
        ] {
            let params = [ParameterValue::DbNull, refused.clone()];
            let set = spin.query(ORDERS, "SELECT ?, ?", &params).await;
            let refused = format!("{refused:?}");
            assert_eq!(
                set.unwrap_err(),
                Error::BadParameter(refusal.to_owned()),
                "{refused}"
            );
        }
        for (count, number) in [(0, 1), (1, 2), (3, 3)] {
            let params = vec![ParameterValue::DbNull; count];
            let set = spin.query(ORDERS, "SELECT ?, ?", &params).await;
            let refusal = refusal.replace('2', &number.to_string());
            assert_eq!(set.unwrap_err(), Error::BadParameter(refusal));
        }
        let set = spin.query(ORDERS, "SELECT 'a'", &[]).await.unwrap();
        assert_eq!(set.rows, [[text("a")]]);
    });
}

/// A column type, the type that a guest of Spin sees, and a value: as SQL, and as the guest sees it.
type Case = (&'static str, DbDataType, &'static str, DbValue);

fn integers() -> Vec<Case> {
    use DbDataType::Other;
    use DbValue::{Int8, Int16, Int32, Int64, Uint8, Uint16, Uint32, Uint64};
    let [signed, unsigned] = ["-9223372036854775808", "18446744073709551615"];
    vec![
        ("TINYINT", DbDataType::Int8, "-128", Int8(i8::MIN)),
        ("TINYINT", DbDataType::Int8, "127", Int8(i8::MAX)),
        ("TINYINT UNSIGNED", DbDataType::Uint8, "255", Uint8(u8::MAX)),
        ("BOOLEAN", DbDataType::Int8, "TRUE", Int8(1)),
        ("SMALLINT", DbDataType::Int16, "-32768", Int16(i16::MIN)),
        ("SMALLINT", DbDataType::Int16, "32767", Int16(i16::MAX)),
        (
            "SMALLINT UNSIGNED",
            DbDataType::Uint16,
            "65535",
            Uint16(u16::MAX),
        ),
        (
            "MEDIUMINT",
            DbDataType::Int32,
            "-8388608",
            Int32(-8_388_608),
        ),
        ("MEDIUMINT", DbDataType::Int32, "8388607", Int32(8_388_607)),
        (
            "MEDIUMINT UNSIGNED",
            DbDataType::Uint32,
            "16777215",
            Uint32(16_777_215),
        ),
        ("INT", DbDataType::Int32, "-2147483648", Int32(i32::MIN)),
        ("INT", DbDataType::Int32, "2147483647", Int32(i32::MAX)),
        ("INT(8) ZEROFILL", DbDataType::Uint32, "42", Uint32(42)),
        (
            "INT UNSIGNED",
            DbDataType::Uint32,
            "4294967295",
            Uint32(u32::MAX),
        ),
        ("BIGINT", DbDataType::Int64, signed, Int64(i64::MIN)),
        (
            "BIGINT",
            DbDataType::Int64,
            "9223372036854775807",
            Int64(i64::MAX),
        ),
        (
            "BIGINT UNSIGNED",
            DbDataType::Uint64,
            unsigned,
            Uint64(u64::MAX),
        ),
        ("BIGINT UNSIGNED", DbDataType::Uint64, "0", Uint64(0)),
        ("BIT(1)", Other, "b'1'", Uint64(1)),
        ("BIT(9)", Other, "b'100000001'", Uint64(257)),
        ("BIT(64)", Other, unsigned, Uint64(u64::MAX)),
        ("YEAR", Other, "1901", text("1901")),
        ("YEAR", Other, "2155", text("2155")),
    ]
}

fn other_numbers() -> Vec<Case> {
    use DbDataType::{Floating32, Floating64, Other};
    let (float, double) = (DbValue::Floating32, DbValue::Floating64);
    let largest = "-99999999999999999999999999999999999.999999999999999999999999999999";
    let zero = text("0.000000000000000000000000000000");
    vec![
        ("FLOAT", Floating32, "0.1", float(0.1)),
        ("FLOAT", Floating32, "16777216", float(16_777_216.0)),
        ("FLOAT", Floating32, "-3.4028234e38", float(f32::MIN)),
        ("DOUBLE", Floating64, "0.1", double(0.1)),
        (
            "DOUBLE",
            Floating64,
            "1.7976931348623157e308",
            double(f64::MAX),
        ),
        ("DOUBLE", Floating64, "-5e-324", double(-5e-324)),
        ("DECIMAL(65,30)", Other, largest, text(largest)),
        ("DECIMAL(65,30)", Other, "0", zero),
        ("DECIMAL(5,0)", Other, "-99999", text("-99999")),
    ]
}

fn times() -> Vec<Case> {
    let time = |column, sql, value| (column, DbDataType::Other, sql, text(value));
    vec![
        time("DATE", "'2026-01-31'", "2026-01-31"),
        time("DATE", "'0000-00-00'", "0000-00-00"),
        time("DATE", "'9999-12-31'", "9999-12-31"),
        time("TIME", "'838:59:59'", "838:59:59"),
        time("TIME(6)", "'-838:59:59'", "-838:59:59.000000"),
        time("TIME(6)", "'00:00:00.000001'", "00:00:00.000001"),
        time("DATETIME", "'2026-01-31'", "2026-01-31 00:00:00"),
        time("DATETIME", "'0000-00-00'", "0000-00-00 00:00:00"),
        time(
            "DATETIME(1)",
            "'2026-01-31 23:59:59.9'",
            "2026-01-31 23:59:59.9",
        ),
        time(
            "TIMESTAMP NULL",
            "'2026-01-31 10:11:12'",
            "2026-01-31 10:11:12",
        ),
        time(
            "TIMESTAMP(2) NULL",
            "'2026-01-31 10:11:12.05'",
            "2026-01-31 10:11:12.05",
        ),
    ]
}

fn texts_and_bytes(product: Product) -> Vec<Case> {
    use DbDataType::{Binary, Other, Str};
    let bytes = |bytes: &[u8]| DbValue::Binary(bytes.into());
    // MariaDB's JSON is a column of text.
    let json = match product {
        Product::MySql => Other,
        Product::MariaDb => Str,
    };
    let object = "{\"a\": [1, null, \"é\"]}";
    // No SRID, then well-known binary: the byte order, the kind, and the coordinates.
    let mut point = vec![0, 0, 0, 0, 1, 1, 0, 0, 0];
    point.extend([1_f64, -2.0].map(f64::to_le_bytes).as_flattened());
    let mut cases = vec![
        ("CHAR(3)", Str, "'é漢😀'", text("é漢😀")),
        ("VARCHAR(3)", Str, "''", text("")),
        ("TEXT", Str, "REPEAT('é', 300)", text(&"é".repeat(300))),
        ("ENUM('one','trois é')", Str, "'trois é'", text("trois é")),
        ("SET('a','b','c')", Str, "'c,a'", text("a,c")),
        ("SET('a','b','c')", Str, "''", text("")),
        ("JSON", json, "'{\"a\": [1, null, \"é\"]}'", text(object)),
        ("BINARY(2)", Binary, "x'61'", bytes(b"a\0")),
        ("VARBINARY(2)", Binary, "x'c3a9'", bytes("é".as_bytes())),
        ("BLOB", Binary, "x'ff00fe'", bytes(&[255, 0, 254])),
        ("BLOB", Binary, "''", bytes(b"")),
        ("POINT", Other, "POINT(1, -2)", DbValue::Binary(point)),
    ];
    // The MariaDB of these tests has no VECTOR.
    if product == Product::MySql {
        let entries = [0.5_f32, -2.0].map(f32::to_le_bytes);
        let vector = bytes(entries.as_flattened());
        cases.push(("VECTOR(2)", Other, "STRING_TO_VECTOR('[0.5, -2]')", vector));
    }
    cases
}

/// A table `iamtest.tN` for each case, with a row of NULL before the value.
fn create_tables(server: &Server, cases: &[Case]) {
    let mut sql = "SET NAMES utf8mb4;\n".to_owned();
    for (number, (column, _, value, _)) in cases.iter().enumerate() {
        writeln!(
            sql,
            "CREATE TABLE iamtest.t{number} (n INT, v {column}) CHARACTER SET utf8mb4;
             INSERT INTO iamtest.t{number} VALUES (0, NULL), (1, {value});"
        )
        .unwrap();
    }
    server.execute_as_admin(&sql);
}

#[apply(on_each_server)]
fn every_column_type_has_its_data_type_and_its_value(product: Product) {
    let server = start_server(product);
    let mut cases = integers();
    cases.extend(other_numbers());
    cases.extend(times());
    cases.extend(texts_and_bytes(product));
    create_tables(&server, &cases);
    block_on(async {
        let mut spin = spin(&server).await;
        for (number, (column, data_type, sql, value)) in cases.into_iter().enumerate() {
            let select = format!("SELECT v FROM t{number} WHERE n < ? ORDER BY n");
            let params = [ParameterValue::Int8(2)];
            let set = spin.query(ORDERS, &select, &params).await.unwrap();
            assert_eq!(set.columns.len(), 1);
            assert_eq!(set.columns[0].name, "v");
            assert_eq!(set.columns[0].data_type, data_type, "{column}");
            assert_eq!(set.rows, [[DbValue::DbNull], [value]], "{column}, {sql}");
        }
    });
}
