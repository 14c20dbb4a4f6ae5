//! Parameters at the ends of the ranges of MySQL's types, and beyond them.

use rds_bridge_guests::{Databases, Grant, Statement, Statements};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::guest::{Date, Datetime, Error, Guest, Span, Value, pool, tenant};
use crate::helpers::live::block_on;

const DATE: Date = Date {
    year: 2026,
    month: 1,
    day: 31,
};
const DATETIME: Datetime = Datetime {
    date: DATE,
    hour: 23,
    minute: 59,
    second: 59,
    microsecond: 999_999,
};
const SPAN: Span = Span {
    negative: true,
    hours: 838,
    minutes: 59,
    seconds: 59,
    microseconds: 0,
};

#[apply(on_each_server)]
fn the_last_value_of_a_range_comes_back(product: Product) {
    let server = Server::shared(product);
    let last = Date {
        year: 9999,
        month: 12,
        day: 31,
    };
    let whole = "9".repeat(65);
    let fraction = format!("-{}.{}", "9".repeat(35), "1".repeat(30));
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        for (sql, value) in [
            ("SELECT CAST(? AS DECIMAL(65,0))", Value::Decimal(whole)),
            ("SELECT CAST(? AS DECIMAL(65,30))", Value::Decimal(fraction)),
            ("SELECT CAST(? AS DATE)", Value::Date(last)),
            (
                "SELECT CAST(? AS DATETIME(6))",
                Value::Datetime(Datetime {
                    date: last,
                    ..DATETIME
                }),
            ),
            ("SELECT CAST(? AS TIME)", Value::Time(SPAN)),
            (
                "SELECT CAST(? AS TIME(6))",
                Value::Time(Span {
                    hours: 837,
                    microseconds: 999_999,
                    ..SPAN
                }),
            ),
        ] {
            let rows = guest
                .all(connection, sql, std::slice::from_ref(&value))
                .await;
            assert_eq!(rows.unwrap(), [[value]], "{sql}");
        }
    });
}

fn beyond_the_range() -> Vec<Value> {
    let dates = [
        Date { day: 32, ..DATE },
        Date { month: 13, ..DATE },
        Date {
            year: 10_000,
            ..DATE
        },
    ];
    let datetimes = [
        Datetime {
            hour: 24,
            ..DATETIME
        },
        Datetime {
            minute: 60,
            ..DATETIME
        },
        Datetime {
            second: 60,
            ..DATETIME
        },
        Datetime {
            microsecond: 1_000_000,
            ..DATETIME
        },
    ];
    let spans = [
        Span { hours: 839, ..SPAN },
        Span {
            minutes: 60,
            ..SPAN
        },
        Span {
            seconds: 60,
            ..SPAN
        },
        Span {
            microseconds: 1_000_000,
            ..SPAN
        },
    ];
    let with_date = |date| Value::Datetime(Datetime { date, ..DATETIME });
    let decimals = [
        "9".repeat(66),
        format!("-{}.{}", "9".repeat(36), "1".repeat(30)),
        format!("0.{}", "1".repeat(31)),
    ];
    let mut values: Vec<_> = dates.map(Value::Date).into();
    values.extend(dates.map(with_date));
    values.extend(datetimes.map(Value::Datetime));
    values.extend(spans.map(Value::Time));
    values.extend(decimals.map(Value::Decimal));
    values
}

#[apply(on_each_server)]
fn a_value_beyond_a_range_is_refused_by_its_index(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let databases = Databases::new().with("orders", pool(server, false, |it| it).await);
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        let connection = guest.open("orders").await.unwrap();
        for value in beyond_the_range() {
            let params = [Value::Null, Value::Null, value.clone()];
            let refused = guest.query(connection, "SELECT ?, ?, ?", &params).await;
            assert_eq!(refused.unwrap_err(), Error::Parameter(2), "{value:?}");
        }
        assert_eq!(guest.one(connection, "SELECT 1").await, Value::Int(1));
    });
}

#[apply(on_each_server)]
fn a_named_statement_gets_as_many_parameters_as_it_has(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        // With one connection: a call that kept it would make the next one fail.
        let pool = pool(server, false, |it| it.max_size(1)).await;
        let databases = Databases::new()
            .with("orders", pool.clone())
            .with("stock", pool)
            .statement("join", Statement::new("SELECT CONCAT(:a, :b)"));
        let (tenant, _) = tenant(&databases, Grant::new("orders", Statements::Any));
        let mut guest = Guest::new(&tenant).await;
        for (count, at) in [(0, 0), (1, 1), (3, 2), (4, 2)] {
            let refused = guest.run("join", &vec![Value::Int(1); count]).await;
            assert_eq!(refused.unwrap_err(), Error::Parameter(at), "{count}");
        }
        let nan = [Value::Int(1), Value::Double(f64::NAN)];
        let refused = guest.run("join", &nan).await;
        assert_eq!(refused.unwrap_err(), Error::Parameter(1));

        let params = [Value::Int(4), Value::Int(2)];
        for database in ["stock", "none", ""] {
            let refused = guest.run_on(database, "join", &params).await;
            assert_eq!(refused.unwrap_err(), Error::UnknownDatabase, "{database}");
        }
        let rows = guest.run("join", &params).await.unwrap();
        assert_eq!(
            guest.rest(rows).await.unwrap(),
            [[Value::Text("42".into())]]
        );
    });
}
