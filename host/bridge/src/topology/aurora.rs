//! The members of an Aurora MySQL cluster.

use super::{Member, Reading, ReadingDeployment, Topology, deployment};
use crate::error::Error;
use crate::mysql::Connection;

/// `SESSION_ID` of the writer.
const OF_WRITER: &str = "MASTER_SESSION_ID";
const TABLE: &str = "information_schema.replica_host_status";

/// The members of an Aurora MySQL cluster: every instance has them in `information_schema.replica_host_status`, which
/// every user may read.
///
/// Aurora User Guide, "Aurora MySQL-specific information_schema tables": `SERVER_ID` is the identifier of an instance,
/// and the `SESSION_ID` of the writer is `MASTER_SESSION_ID`. The row of an instance that is gone stays for a while. As
/// AWS's drivers do, this ignores readers whose row was not updated in the last five minutes; of several rows of a
/// writer, the one that was updated last counts.
#[derive(Clone, Debug)]
pub struct Aurora {
    table: String,
}

impl Aurora {
    /// Reads Aurora's own table.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: TABLE.to_owned(),
        }
    }

    /// Reads another table with the same columns, for tests on a server that is not Aurora.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Setting`](crate::ErrorKind) if the name is not made of plain identifiers.
    pub fn from_table(table: impl Into<String>) -> Result<Self, Error> {
        let table = table.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
        if table.is_empty() || !table.bytes().all(allowed) {
            let problem = "the table's name may contain letters, digits, _ and a dot";
            return Err(Error::setting("topology", problem));
        }
        Ok(Self { table })
    }

    async fn read(&self, connection: &mut Connection) -> Result<Vec<Member>, Error> {
        let sql = format!(
            "SELECT server_id, session_id, CAST(last_update_timestamp AS CHAR) FROM {} WHERE session_id = '{OF_WRITER}' \
             OR TIMESTAMPDIFF(SECOND, last_update_timestamp, NOW()) <= 300 ORDER BY last_update_timestamp LIMIT 1000",
            self.table
        );
        let rows: Vec<StatusRow> = connection.query_all(&sql, ()).await?;
        Ok(members(rows))
    }
}

impl Default for Aurora {
    fn default() -> Self {
        Self::new()
    }
}

impl Topology for Aurora {
    fn members<'a>(&'a self, connection: &'a mut Connection) -> Reading<'a> {
        Box::pin(self.read(connection))
    }

    fn deployment<'a>(&'a self, connection: &'a mut Connection) -> ReadingDeployment<'a> {
        Box::pin(deployment::read(connection))
    }
}

/// `SERVER_ID`, `SESSION_ID` and `LAST_UPDATE_TIMESTAMP`, the oldest first.
type StatusRow = (String, String, Option<String>);

/// A former writer's row still says that it is the writer, but is no longer updated.
fn members(rows: Vec<StatusRow>) -> Vec<Member> {
    let is_of_writer = |session: &str| session == OF_WRITER;
    let writers = rows.iter().filter(|row| is_of_writer(&row.1));
    let latest = writers.map(|row| row.2.clone()).max().flatten();
    rows.into_iter()
        .map(|(server, session, updated)| {
            let is_writer = is_of_writer(&session) && updated == latest;
            Member::new(server, is_writer)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(server: &str, session: &str, updated: Option<&str>) -> StatusRow {
        (server.into(), session.into(), updated.map(str::to_owned))
    }

    fn writers(rows: Vec<StatusRow>) -> Vec<String> {
        let writers = members(rows).into_iter().filter(|member| member.is_writer);
        writers.map(|member| member.name).collect()
    }

    #[test]
    fn the_writer_is_the_one_that_says_so_last() {
        let (old, new) = ("2026-01-01 00:00:59.5", "2026-01-01 00:01:00.0");
        let reader = row("c", "8f2a", Some(new));
        let of = |server: &str, updated| row(server, OF_WRITER, updated);
        let rows = vec![of("a", Some(old)), of("b", Some(new)), reader.clone()];
        assert_eq!(writers(rows.clone()), ["b"]);
        assert_eq!(members(rows).len(), 3);
        assert_eq!(
            writers(vec![of("a", None), of("b", Some(old)), reader.clone()]),
            ["b"]
        );
        assert_eq!(writers(vec![of("a", None), reader.clone()]), ["a"]);
        assert_eq!(writers(vec![reader]), [""; 0]);
        // They contradict each other, which is judged elsewhere.
        assert_eq!(
            writers(vec![of("a", Some(old)), of("b", Some(old))]),
            ["a", "b"]
        );
    }

    #[test]
    fn only_a_plain_name_becomes_part_of_the_statement() {
        Aurora::from_table("stand_in.replica_host_status").unwrap();
        for table in ["", "a b", "a; DROP TABLE b", "`a`", "a--"] {
            assert!(Aurora::from_table(table).is_err(), "{table}");
        }
    }
}
