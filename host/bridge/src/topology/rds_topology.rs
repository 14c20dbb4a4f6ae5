//! The members of a Multi-AZ DB cluster of RDS for MySQL.

use super::{Member, Reading, ReadingDeployment, Topology, deployment};
use crate::error::Error;
use crate::mysql::Connection;

/// The members of a Multi-AZ DB cluster of RDS for MySQL: every instance has them in `mysql.rds_topology`.
///
/// RDS User Guide, "Connecting to Multi-AZ DB clusters with the AWS drivers": the user needs `SELECT` on
/// `mysql.rds_topology`, and to learn the writer from a reader, `REPLICATION CLIENT` (MySQL Reference Manual, `SHOW
/// REPLICA STATUS`). A reader replicates from the writer, whose server id its replication status has; a server that
/// replicates from no other is the writer itself. AWS's drivers do the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct RdsTopology;

impl RdsTopology {
    /// Reads `mysql.rds_topology`.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Topology for RdsTopology {
    fn members<'a>(&'a self, connection: &'a mut Connection) -> Reading<'a> {
        Box::pin(read(connection))
    }

    fn deployment<'a>(&'a self, connection: &'a mut Connection) -> ReadingDeployment<'a> {
        Box::pin(deployment::read(connection))
    }
}

async fn read(connection: &mut Connection) -> Result<Vec<Member>, Error> {
    let leftovers = connection.leftovers();
    let sources = sources(connection).await?;
    let sql = "SELECT CAST(id AS CHAR), endpoint, CAST(port AS UNSIGNED), CAST(@@server_id AS CHAR) \
               FROM mysql.rds_topology LIMIT 1000";
    let rows: Vec<TopologyRow> = connection.query_all(sql, ()).await?;
    connection.restore_leftovers(leftovers);
    Ok(members(rows, &sources))
}

/// The ids of the servers from which this server replicates.
async fn sources(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let mut sources = Vec::new();
    let mut rows = connection.query("SHOW REPLICA STATUS").await?;
    while let Some(row) = rows.next().await? {
        let id: u64 = row.get("Source_Server_Id")?;
        sources.push(id.to_string());
    }
    Ok(sources)
}

/// The server id of a member, its endpoint and its port, and the server id of the server that answers.
type TopologyRow = (String, String, u64, String);

fn members(rows: Vec<TopologyRow>, sources: &[String]) -> Vec<Member> {
    let member = |(id, endpoint, port, own): TopologyRow| {
        let is_writer = match sources {
            [] => id == own,
            sources => sources.contains(&id),
        };
        // A value that cannot be a port becomes 0, which is not the endpoint's port, so the member is not used.
        let port = u16::try_from(port).unwrap_or_default();
        Member::new(endpoint, is_writer).with_port(port)
    };
    rows.into_iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(own: &str) -> Vec<TopologyRow> {
        let row = |id: &str| (id.into(), format!("{id}.example.com"), 3306, own.into());
        vec![row("1"), row("2"), row("3")]
    }

    fn writers(own: &str, sources: &[&str]) -> Vec<String> {
        let sources: Vec<String> = sources.iter().copied().map(str::to_owned).collect();
        let members = members(rows(own), &sources);
        let writers = members.into_iter().filter(|member| member.is_writer);
        writers.map(|member| member.name).collect()
    }

    #[test]
    fn the_writer_is_the_source_or_the_server_itself() {
        assert_eq!(writers("2", &[]), ["2.example.com"]);
        assert_eq!(writers("2", &["1"]), ["1.example.com"]);
        // The source is no member, or not known yet.
        assert_eq!(writers("2", &["0"]), [""; 0]);
        assert_eq!(writers("9", &[]), [""; 0]);
        assert_eq!(writers("3", &["1", "2"]).len(), 2);
    }

    #[test]
    fn a_port_that_is_none_is_kept_as_none() {
        let row = ("1".into(), "a".into(), 70_000, "1".into());
        assert_eq!(members(vec![row], &[])[0].port, Some(0));
    }
}
