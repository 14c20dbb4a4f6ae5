//! Every column type reaches a guest as the library reads it, and every kind of parameter the server.

use rds_bridge::mysql;
use rds_bridge_guests::{Databases, Grant, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::column_types::{create_tables, start_server};
use crate::helpers::guest::{Date, Datetime, Error, Guest, Kind, Span, Value, pool, tenant};
use crate::helpers::live::block_on;

fn expected(value: mysql::Value<'_>) -> Value {
    let date = |it: mysql::Date| Date {
        year: it.year,
        month: it.month,
        day: it.day,
    };
    match value {
        mysql::Value::Null => Value::Null,
        mysql::Value::Int(it) => Value::Int(it),
        mysql::Value::UnsignedInt(it) => Value::Unsigned(it),
        mysql::Value::Float(it) => Value::Float(it),
        mysql::Value::Double(it) => Value::Double(it),
        mysql::Value::Decimal(it) => Value::Decimal(it.into()),
        mysql::Value::Bit(_) => Value::Bits(value.as_bits().unwrap()),
        mysql::Value::Date(it) => Value::Date(date(it)),
        mysql::Value::DateTime(it) => Value::Datetime(Datetime {
            date: date(it.date),
            hour: it.hour,
            minute: it.minute,
            second: it.second,
            microsecond: it.microsecond,
        }),
        mysql::Value::Time(it) => Value::Time(Span {
            negative: it.negative,
            hours: it.hours,
            minutes: it.minutes,
            seconds: it.seconds,
            microseconds: it.microseconds,
        }),
        mysql::Value::Text(it) => Value::Text(it.into()),
        mysql::Value::Json(it) => Value::Json(it.into()),
        mysql::Value::Bytes(it) => Value::Bytes(it.into()),
        mysql::Value::Geometry(it) => Value::Geometry(it.into()),
        mysql::Value::Vector(it) => Value::Vector(it.iter().collect()),
    }
}

fn expected_kind(kind: mysql::ColumnKind) -> Kind {
    match kind {
        mysql::ColumnKind::Null => Kind::Null,
        mysql::ColumnKind::Int => Kind::Int,
        mysql::ColumnKind::UnsignedInt => Kind::Unsigned,
        mysql::ColumnKind::Float => Kind::Float,
        mysql::ColumnKind::Double => Kind::Double,
        mysql::ColumnKind::Decimal => Kind::Decimal,
        mysql::ColumnKind::Bit => Kind::Bits,
        mysql::ColumnKind::Date => Kind::Date,
        mysql::ColumnKind::Time => Kind::Time,
        mysql::ColumnKind::DateTime => Kind::Datetime,
        mysql::ColumnKind::Text => Kind::Text,
        mysql::ColumnKind::Json => Kind::Json,
        mysql::ColumnKind::Bytes => Kind::Bytes,
        mysql::ColumnKind::Geometry => Kind::Geometry,
        mysql::ColumnKind::Vector => Kind::Vector,
    }
}

#[apply(on_each_server)]
fn every_column_type_is_that_of_the_library(product: Product) {
    let server = start_server(product);
    let tables = create_tables(&server, product);

    block_on(async {
        let pool = pool(&server, false, |it| it).await;
        let databases = Databases::new().with("orders", pool.clone());
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        let mut own = pool.get().await.unwrap();
        for number in 0..tables {
            for (sql, params) in [
                (format!("SELECT v FROM t{number} ORDER BY n"), vec![]),
                (
                    format!("SELECT v FROM t{number} WHERE ? = 1 ORDER BY n"),
                    vec![Value::Int(1)],
                ),
            ] {
                let found = guest.query(connection, &sql, &params).await.unwrap();
                let columns = guest.columns(found).await;
                let found = guest.rest(found).await.unwrap();
                let params: Vec<_> = params.iter().map(|_| mysql::Param::from(1)).collect();
                own.set_protocol(mysql::Protocol::Binary);
                let mut rows = own.query_with(&sql, &params).await.unwrap();
                assert_eq!(columns.len(), 1);
                assert_eq!(columns[0].name, "v");
                assert_eq!(columns[0].table, format!("t{number}"));
                assert!(columns[0].nullable);
                let column = &rows.columns()[0];
                assert_eq!(columns[0].kind, expected_kind(column.kind()), "{sql}");
                assert_eq!(columns[0].decimals, column.decimals(), "{sql}");
                let mut wanted = Vec::new();
                while let Some(row) = rows.next().await.unwrap() {
                    wanted.push(vec![expected(row.value(0).unwrap())]);
                }
                assert!(wanted.len() > 1);
                assert_eq!(found, wanted, "{sql}");
            }
        }
    });
}

#[apply(on_each_server)]
fn every_kind_of_parameter_comes_back(product: Product) {
    let server = Server::shared(product);
    let date = Date {
        year: 2026,
        month: 1,
        day: 31,
    };
    let datetime = Datetime {
        date,
        hour: 23,
        minute: 59,
        second: 58,
        microsecond: 7,
    };
    let span = Span {
        negative: true,
        hours: 838,
        minutes: 59,
        seconds: 58,
        microseconds: 0,
    };
    let too_late = Span { hours: 839, ..span };
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        for (sql, param, wanted) in [
            ("SELECT ? IS NULL", Value::Null, Value::Int(1)),
            ("SELECT ?", Value::Int(i64::MIN), Value::Int(i64::MIN)),
            (
                "SELECT ?",
                Value::Unsigned(u64::MAX),
                Value::Unsigned(u64::MAX),
            ),
            ("SELECT ?", Value::Bits(5), Value::Unsigned(5)),
            ("SELECT ?", Value::Float(0.5), Value::Double(0.5)),
            ("SELECT ?", Value::Double(1e-300), Value::Double(1e-300)),
            (
                "SELECT CAST(? AS DECIMAL(5,2))",
                Value::Decimal("-1.50".into()),
                Value::Decimal("-1.50".into()),
            ),
            ("SELECT ?", Value::Text("é".into()), Value::Text("é".into())),
            (
                "SELECT ?",
                Value::Json("[1]".into()),
                Value::Text("[1]".into()),
            ),
            (
                "SELECT HEX(?)",
                Value::Bytes(vec![0, 255]),
                Value::Text("00FF".into()),
            ),
            (
                "SELECT HEX(?)",
                Value::Geometry(vec![1]),
                Value::Text("01".into()),
            ),
            (
                "SELECT HEX(?)",
                Value::Vector(vec![1.0]),
                Value::Text("0000803F".into()),
            ),
            (
                "SELECT CAST(? AS DATE)",
                Value::Date(date),
                Value::Date(date),
            ),
            (
                "SELECT CAST(? AS DATETIME(6))",
                Value::Datetime(datetime),
                Value::Datetime(datetime),
            ),
            (
                "SELECT CAST(? AS TIME)",
                Value::Time(span),
                Value::Time(span),
            ),
        ] {
            let rows = guest
                .all(connection, sql, std::slice::from_ref(&param))
                .await;
            assert_eq!(rows.unwrap(), [[wanted]], "{param:?}");
        }
        for refused in [
            Value::Double(f64::NAN),
            Value::Float(f32::INFINITY),
            Value::Vector(vec![1.0, f32::NAN]),
            Value::Decimal("1e5".into()),
            Value::Decimal("1; DROP".into()),
            Value::Decimal(String::new()),
            Value::Date(Date { month: 13, ..date }),
            Value::Datetime(Datetime {
                hour: 24,
                ..datetime
            }),
            Value::Time(too_late),
        ] {
            let params = [Value::Null, refused.clone()];
            let refusal = guest.query(connection, "SELECT ?, ?", &params).await;
            assert_eq!(refusal.unwrap_err(), Error::Parameter(1), "{refused:?}");
        }
        for (count, at) in [(0, 0), (1, 1), (3, 2)] {
            let params = vec![Value::Null; count];
            let refusal = guest.query(connection, "SELECT ?, ?", &params).await;
            assert_eq!(refusal.unwrap_err(), Error::Parameter(at));
        }
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}

#[apply(on_each_server)]
fn rows_come_in_batches_of_any_size(product: Product) {
    let server = Server::shared(product);
    let numbers = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900) \
                   SELECT n, REPEAT('x', 100) FROM n";
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let ctx = rds_bridge_guests::RdsCtx::new(&tenant).max_batch_bytes(10_000);
        let mut guest = Guest::with(ctx).await;
        let connection = guest.open("orders").await.unwrap();
        for (at_most, first) in [(0, 1), (1, 1), (7, 7), (u32::MAX, 0)] {
            let rows = guest.query(connection, numbers, &[]).await.unwrap();
            let batch = guest.next(rows, at_most).await.unwrap();
            match first {
                // As many as fit into the limit.
                0 => assert!((40..=60).contains(&batch.len()), "{}", batch.len()),
                _ => assert_eq!(batch.len(), first),
            }
            let rest = guest.rest(rows).await.unwrap();
            assert_eq!(batch.len() + rest.len(), 900);
            assert_eq!(rest.last().unwrap()[0], Value::Int(900));
        }
    });
}

/// What cannot be prepared is executed in the text protocol, in which a server rounds a FLOAT.
#[apply(on_each_server)]
fn a_float_is_exact_or_an_error(product: Product) {
    let server = Server::shared(product);
    server.execute_as_admin(
        "DROP TABLE IF EXISTS iamtest.guest_float; CREATE TABLE iamtest.guest_float (f FLOAT);
         INSERT INTO iamtest.guest_float VALUES (16777216)",
    );
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        let prepare = "PREPARE p FROM 'SELECT f FROM guest_float'";
        guest.execute(connection, prepare).await.unwrap();
        match guest.all(connection, "EXECUTE p", &[]).await {
            Ok(rows) => assert_eq!(rows, [[Value::Float(16_777_216.0)]]),
            Err(error) => assert_eq!(error, Error::Value("f".into())),
        }
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}
