//! The spans of statements: their fields, and that they hold no text and no value.

use std::collections::BTreeMap;
use std::env;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use rds_bridge_test_support::server::{Product, Server};
use rds_bridge_test_support::{case_of, on_each_server};
use rstest::rstest;
use rstest_reuse::apply;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::helpers::live::{block_on, connect_with_password};
use crate::helpers::run_alone::run_alone;

type Fields = BTreeMap<&'static str, String>;

/// Collects the spans of statements, and everything else that is recorded at its level as text.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<(Vec<Fields>, String)>>);

struct Fill<'a>(&'a mut Fields);

impl Visit for Fill<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Collector {
    fn spans(&self) -> Vec<Fields> {
        self.0.lock().unwrap().0.clone()
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "rds_bridge::statement" && *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        attributes.record(&mut Fill(&mut fields));
        let spans = &mut self.0.lock().unwrap().0;
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let at = usize::try_from(id.into_u64()).unwrap() - 1;
        values.record(&mut Fill(&mut self.0.lock().unwrap().0[at]));
    }

    fn event(&self, event: &Event<'_>) {
        write!(self.0.lock().unwrap().1, "{event:?}").unwrap();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Set in the process that runs the test alone.
const ALONE: &str = "RDS_BRIDGE_TEST_ALONE";

/// In a process of its own: tracing caches for the whole process whether a span is enabled, and with one subscriber it
/// asks whichever thread comes first.
#[apply(on_each_server)]
fn a_statement_is_a_span_without_its_text(product: Product) {
    if env::var_os(ALONE).is_none() {
        let test = "statements::statement_spans::a_statement_is_a_span_without_its_text";
        run_alone(&case_of(test, product), &[(ALONE, "1")]);
        return;
    }
    collect(product);
}

fn collect(product: Product) {
    const MARK: &str = "s3cr3t";
    let collector = Collector::default();
    let _guard = tracing::subscriber::set_default(collector.clone());
    block_on(async {
        let mut connection = connect_with_password(Server::shared(product)).await;
        let two = format!("SELECT '{MARK}' UNION ALL SELECT 'x'");
        let rows: Vec<(String,)> = connection.query_all(&two, ()).await.unwrap();
        assert_eq!(rows.len(), 2);
        let sql = "SELECT CAST(? AS CHAR)";
        let _row: (String,) = connection.query_one(sql, (MARK,)).await.unwrap();
        connection.execute("DO 1", ()).await.unwrap();
        let wrong = format!("SELECT * FROM {MARK}");
        let code = connection.execute(&wrong, ()).await.unwrap_err().code();
        assert!(code.is_some());
        drop(connection.query("SELECT 1 UNION SELECT 2").await.unwrap());
    });
    let spans = collector.spans();
    let all = format!("{spans:?}");
    assert!(!all.contains(MARK), "{all}");
    assert_eq!(spans.len(), 5, "{all}");
    for (span, keyword) in spans
        .iter()
        .zip(["SELECT", "SELECT", "DO", "SELECT", "SELECT"])
    {
        assert_eq!(span["keyword"], format!("{keyword:?}"), "{span:?}");
        assert!(span["elapsed_us"].parse::<u64>().is_ok(), "{span:?}");
    }
    let rows: Vec<Option<&str>> = spans
        .iter()
        .map(|it| it.get("rows").map(String::as_str))
        .collect();
    assert_eq!(rows, [Some("2"), Some("1"), Some("0"), None, None]);
    let errors = spans.iter().filter(|it| it.contains_key("error")).count();
    assert_eq!(errors, 1, "{all}");
}
