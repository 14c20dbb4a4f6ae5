//! What a proxy counts.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use rds_bridge_wire::command;

/// The commands that are counted by name. All others count as `other`.
const COMMANDS: [(u8, &str); 11] = [
    (command::COM_QUERY, "query"),
    (command::COM_STMT_PREPARE, "stmt_prepare"),
    (command::COM_STMT_EXECUTE, "stmt_execute"),
    (command::COM_STMT_CLOSE, "stmt_close"),
    (command::COM_STMT_RESET, "stmt_reset"),
    (command::COM_STMT_SEND_LONG_DATA, "stmt_send_long_data"),
    (command::COM_INIT_DB, "init_db"),
    (command::COM_PING, "ping"),
    (command::COM_RESET_CONNECTION, "reset_connection"),
    (command::COM_CHANGE_USER, "change_user"),
    (command::COM_QUIT, "quit"),
];

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) accepted: AtomicU64,
    pub(crate) open: AtomicU64,
    pub(crate) logged_in: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) refused_logins: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) abandoned: AtomicU64,
    pub(crate) bytes_to_server: AtomicU64,
    pub(crate) bytes_to_clients: AtomicU64,
    commands: [AtomicU64; COMMANDS.len()],
    other_commands: AtomicU64,
}

/// The state of a proxy, and its counters (`…_total`), which only increase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProxyMetrics {
    /// The number of open clients, including those that log in.
    pub open: u64,
    /// The number of open clients of other machines that are not logged in.
    pub logging_in: u64,
    /// How many clients connected.
    pub accepted_total: u64,
    /// How many clients were logged in to the database.
    pub logged_in_total: u64,
    /// How many clients the proxy refused: a limit, a wrong password, or a violation of the protocol.
    pub refused_total: u64,
    /// How many of them were refused because too many clients of other machines were not logged in.
    pub refused_logins_total: u64,
    /// How many clients received the error of connecting to the database.
    pub failed_total: u64,
    /// How many clients disconnected before they sent a login, such as port scans.
    pub abandoned_total: u64,
    /// How many bytes clients sent after their login.
    pub bytes_to_server_total: u64,
    /// How many bytes clients received after their login.
    pub bytes_to_clients_total: u64,
    /// The number of commands by name, such as `query`; the last one is `other`.
    pub commands_total: Vec<(&'static str, u64)>,
}

impl Counters {
    pub(crate) fn count_command(&self, command: u8) {
        let known = COMMANDS.iter().zip(&self.commands);
        let counter = known
            .filter(|((code, _), _)| *code == command)
            .map(|(_, counter)| counter)
            .next()
            .unwrap_or(&self.other_commands);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> ProxyMetrics {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let named = COMMANDS.iter().zip(&self.commands);
        let named = named.map(|((_, name), counter)| (*name, value(counter)));
        ProxyMetrics {
            open: value(&self.open),
            logging_in: 0,
            accepted_total: value(&self.accepted),
            logged_in_total: value(&self.logged_in),
            refused_total: value(&self.refused),
            refused_logins_total: value(&self.refused_logins),
            failed_total: value(&self.failed),
            abandoned_total: value(&self.abandoned),
            bytes_to_server_total: value(&self.bytes_to_server),
            bytes_to_clients_total: value(&self.bytes_to_clients),
            commands_total: named
                .chain([("other", value(&self.other_commands))])
                .collect(),
        }
    }
}

/// Writes the metrics of databases in the text format of Prometheus, with the label `database`.
///
/// Source: Prometheus, "Exposition formats", "Text-based format".
pub(crate) fn write_prometheus(
    output: &mut impl Write,
    databases: &[(&str, ProxyMetrics)],
) -> fmt::Result {
    for metric in METRICS {
        let (name, kind) = (metric.name, metric.kind);
        writeln!(
            output,
            "# HELP {name} {}\n# TYPE {name} {kind}",
            metric.help
        )?;
        for (database, metrics) in databases {
            let value = (metric.value)(metrics);
            writeln!(
                output,
                "{name}{{database=\"{}\"}} {value}",
                escaped(database)
            )?;
        }
    }
    let name = "rds_bridge_proxy_commands_total";
    writeln!(
        output,
        "# HELP {name} Commands that clients sent, by command.\n# TYPE {name} counter"
    )?;
    for (database, metrics) in databases {
        let database = escaped(database);
        for (command, count) in &metrics.commands_total {
            writeln!(
                output,
                "{name}{{database=\"{database}\",command=\"{command}\"}} {count}"
            )?;
        }
    }
    Ok(())
}

/// A number of [`ProxyMetrics`], as Prometheus names it.
struct Metric {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    value: fn(&ProxyMetrics) -> u64,
}

const fn counter(
    name: &'static str,
    help: &'static str,
    value: fn(&ProxyMetrics) -> u64,
) -> Metric {
    Metric {
        name,
        kind: "counter",
        help,
        value,
    }
}

const METRICS: [Metric; 10] = [
    Metric {
        name: "rds_bridge_proxy_open_clients",
        kind: "gauge",
        help: "Open client connections.",
        value: |it| it.open,
    },
    Metric {
        name: "rds_bridge_proxy_clients_logging_in",
        kind: "gauge",
        help: "Open connections from other machines that have not logged in yet.",
        value: |it| it.logging_in,
    },
    counter(
        "rds_bridge_proxy_refused_logins_total",
        "Clients refused because too many others had not logged in yet.",
        |it| it.refused_logins_total,
    ),
    counter(
        "rds_bridge_proxy_accepted_total",
        "Clients that connected.",
        |it| it.accepted_total,
    ),
    counter(
        "rds_bridge_proxy_logged_in_total",
        "Clients that the proxy logged in to the database.",
        |it| it.logged_in_total,
    ),
    counter(
        "rds_bridge_proxy_refused_total",
        "Clients that the proxy refused.",
        |it| it.refused_total,
    ),
    counter(
        "rds_bridge_proxy_failed_total",
        "Clients for which connecting to the database failed.",
        |it| it.failed_total,
    ),
    counter(
        "rds_bridge_proxy_abandoned_total",
        "Clients that disconnected before they sent a login.",
        |it| it.abandoned_total,
    ),
    counter(
        "rds_bridge_proxy_bytes_to_server_total",
        "Bytes that clients sent after their login.",
        |it| it.bytes_to_server_total,
    ),
    counter(
        "rds_bridge_proxy_bytes_to_clients_total",
        "Bytes that clients received after their login.",
        |it| it.bytes_to_clients_total,
    ),
];

fn escaped(label: &str) -> String {
    label
        .replace('\\', r"\\")
        .replace('"', "\\\"")
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_counted_by_name() {
        let counters = Counters::default();
        for command in [command::COM_QUERY, command::COM_QUERY, 0x12] {
            counters.count_command(command);
        }
        let metrics = counters.read();
        let counted: Vec<_> = metrics
            .commands_total
            .iter()
            .filter(|(_, count)| *count > 0)
            .copied()
            .collect();
        assert_eq!(counted, [("query", 2), ("other", 1)]);

        let mut text = String::new();
        write_prometheus(&mut text, &[("a\"b", metrics)]).unwrap();
        let line = r#"rds_bridge_proxy_commands_total{database="a\"b",command="query"} 2"#;
        assert!(text.lines().any(|it| it == line), "{text}");
    }
}
