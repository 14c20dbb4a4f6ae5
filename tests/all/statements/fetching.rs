//! Whole results: `query_one`, `query_optional`, `query_all`, `execute`, batches, and every form of parameters.

use rds_bridge::error::{Category, ErrorKind};
use rds_bridge::mysql::{Date, DateTime, NameError, OwnedRow, Param, Protocol, Time};
use rds_bridge::{Stage, params};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_as_admin, connect_with_password};

const THREE: &str =
    "SELECT 1 AS id, 'a' AS name UNION SELECT 2, 'b' UNION SELECT 3, NULL ORDER BY 1";

#[apply(on_each_server)]
fn one_row_at_most_one_or_all(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let sql = "SELECT CAST(? AS SIGNED) + ?";
        let (sum,): (i64,) = connection.query_one(sql, (40, 2)).await.unwrap();
        assert_eq!(sum, 42);
        let none: Option<(i64,)> = connection
            .query_optional("SELECT 1 FROM items WHERE id = ?", (-1,))
            .await
            .unwrap();
        assert_eq!(none, None);
        let all: Vec<(u8, Option<String>)> = connection.query_all(THREE, ()).await.unwrap();
        let expected = [
            (1, Some("a".to_owned())),
            (2, Some("b".to_owned())),
            (3, None),
        ];
        assert_eq!(all, expected);
        let rows: Vec<OwnedRow> = connection.query_all(THREE, ()).await.unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[1].get::<&str>("name").unwrap(), "b");
        assert_eq!(rows[2].get::<Option<String>>(1).unwrap(), None);
        assert_eq!(rows[2].as_row().number(), 3);
    });
}

#[apply(on_each_server)]
fn other_counts_of_rows_are_errors(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let none = connection.query_one::<(u8,)>("SELECT 1 FROM items WHERE id = -1", ());
        let none = none.await.unwrap_err();
        assert!(matches!(none.kind(), ErrorKind::NoRow), "{none:?}");
        assert_eq!(none.stage(), Stage::Rows);
        let more = connection
            .query_one::<(u8, Option<String>)>(THREE, ())
            .await;
        assert!(matches!(more.unwrap_err().kind(), ErrorKind::MoreRows));
        let more = connection.query_optional::<OwnedRow>(THREE, ()).await;
        assert!(matches!(more.unwrap_err().kind(), ErrorKind::MoreRows));
        // The connection stays usable.
        let (one,): (u8,) = connection.query_one("SELECT 1", ()).await.unwrap();
        assert_eq!(one, 1);
    });
}

#[apply(on_each_server)]
fn parameters_by_name(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let sql = "SELECT ':id', :id, :Name, :id -- :no";
        let named = params! { Name: "ü", id: 7 };
        let row: (String, i64, String, i64) = connection.query_one(sql, named).await.unwrap();
        assert_eq!(row, (":id".to_owned(), 7, "ü".to_owned(), 7));
        for (sql, expected) in [
            ("SELECT :id, :other", NameError::Missing("other".to_owned())),
            ("SELECT 1", NameError::Unknown("id".to_owned())),
            ("SELECT :id, ?", NameError::Mixed),
        ] {
            let refused = connection.query_with(sql, params! { id: 7 }).await;
            let refused = refused.unwrap_err();
            let ErrorKind::ParameterName(problem) = refused.kind() else {
                panic!("{refused:?}");
            };
            assert_eq!(*problem, expected);
            assert_eq!(refused.category(), Category::Settings);
        }
    });
}

/// The server reports `NO_BACKSLASH_ESCAPES` in its status flags.
#[apply(on_each_server)]
fn names_after_a_backslash_follow_the_sql_mode(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let sql = r"SELECT 'x\' AS a, :id AS b -- '";
        let refused = connection.query_with(sql, params! { id: 7 }).await;
        let refused = refused.unwrap_err();
        let unknown = NameError::Unknown("id".to_owned());
        assert!(matches!(refused.kind(), ErrorKind::ParameterName(it) if *it == unknown));
        let mode = "SET sql_mode = 'NO_BACKSLASH_ESCAPES'";
        connection.execute(mode, ()).await.unwrap();
        let row: (String, i64) = connection.query_one(sql, params! { id: 7 }).await.unwrap();
        assert_eq!(row, (r"x\".to_owned(), 7));
    });
}

#[apply(on_each_server)]
fn dates_and_times_are_parameters(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let date = Date {
            year: 2026,
            month: 11,
            day: 29,
        };
        let at = DateTime {
            date,
            hour: 23,
            minute: 59,
            second: 58,
            microsecond: 123_456,
        };
        let span = Time {
            negative: true,
            hours: 100,
            minutes: 59,
            seconds: 58,
            microseconds: 1,
        };
        let sql =
            "SELECT CAST(? AS DATE), CAST(? AS DATETIME(6)), CAST(? AS TIME(6)), CAST(? AS CHAR)";
        let row: (Date, DateTime, Time, String) = connection
            .query_one(sql, (date, at, span, date))
            .await
            .unwrap();
        assert_eq!(row, (date, at, span, "2026-11-29".to_owned()));
    });
}

#[apply(on_each_server)]
fn a_batch_stops_at_the_first_failure_and_names_it(product: Product) {
    block_on(async {
        let mut connection = connect_as_admin(Server::shared(product)).await;
        let create = "CREATE TEMPORARY TABLE batch (id INT PRIMARY KEY, name VARCHAR(10))";
        connection.execute(create, ()).await.unwrap();
        let insert = "INSERT INTO batch VALUES (?, ?)";
        let sets = (1..=3).map(|id| (id, format!("name {id}")));
        let summaries = connection.execute_batch(insert, sets).await.unwrap();
        let affected: Vec<u64> = summaries.iter().map(|it| it.affected_rows).collect();
        assert_eq!(affected, [1, 1, 1]);

        let sets = [(4, "four"), (3, "again"), (5, "five")];
        let failed = connection.execute_batch(insert, sets).await.unwrap_err();
        assert_eq!(failed.parameter_set(), Some(1));
        assert_eq!(failed.code(), Some(1062));
        let sql = "SELECT id FROM batch ORDER BY id";
        let ids: Vec<(i64,)> = connection.query_all(sql, ()).await.unwrap();
        assert_eq!(ids, [(1,), (2,), (3,), (4,)]);
        let empty: [(i32, &str); 0] = [];
        assert!(
            connection
                .execute_batch(insert, empty)
                .await
                .unwrap()
                .is_empty()
        );
    });
}

#[apply(on_each_server)]
fn wrong_counts_of_parameters(product: Product) {
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        for params in [vec![], vec![Param::Null; 2]] {
            let given = params.len();
            let refused = connection.execute("SELECT ?", params).await.unwrap_err();
            let expected = matches!(
                refused.kind(),
                ErrorKind::ParameterCount { expected: 1, given: it } if *it == given
            );
            assert!(expected, "{refused:?}");
        }
        // In the text protocol the server receives the question mark.
        connection.set_protocol(Protocol::Text);
        let refused = connection.execute("SELECT ?", ()).await.unwrap_err();
        assert_eq!(refused.code(), Some(1064));
    });
}
