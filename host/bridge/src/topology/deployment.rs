//! A blue/green deployment, as a server tells it.
//!
//! RDS User Guide and Aurora User Guide, "Switching a blue/green deployment": in a switchover, RDS refuses writes in both
//! environments, drops the connections, and gives the names of the blue environment to the green one. AWS's drivers read
//! its progress from `mysql.rds_topology`, which has a row for each server of both environments.

use crate::error::{Error, ErrorKind};
use crate::mysql::Connection;

/// A blue/green deployment to which a server belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deployment {
    /// How far the switchover is; `None` while RDS has not begun one.
    pub switchover: Option<Switchover>,
    /// Whether the server that answers was production before the switchover, and is no longer.
    pub is_former: bool,
}

/// How far the switchover of a blue/green deployment is. The variants are in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Switchover {
    /// It is about to begin.
    Initiated,
    /// Neither environment accepts writes, and connections are dropped.
    InProgress,
    /// The green environment accepts writes. The names may still lead to the blue one.
    PostProcessing,
    /// It is over.
    Completed,
}

const SOURCE: &str = "BLUE_GREEN_DEPLOYMENT_SOURCE";
const TARGET: &str = "BLUE_GREEN_DEPLOYMENT_TARGET";

impl Deployment {
    /// A deployment with this progress, told by a server that is or becomes production.
    #[must_use]
    pub fn new(switchover: Option<Switchover>) -> Self {
        Self {
            switchover,
            is_former: false,
        }
    }

    /// Whether connections may lead to the wrong environment, or are about to.
    pub(crate) fn is_switching(self) -> bool {
        self.is_former || self.switchover.is_some_and(|it| it < Switchover::Completed)
    }
}

impl Switchover {
    fn of_status(status: &str) -> Option<Self> {
        Some(match status {
            "SWITCHOVER_INITIATED" => Self::Initiated,
            "SWITCHOVER_IN_PROGRESS" => Self::InProgress,
            "SWITCHOVER_IN_POST_PROCESSING" => Self::PostProcessing,
            "SWITCHOVER_COMPLETED" => Self::Completed,
            _ => return None,
        })
    }
}

/// Reads `mysql.rds_topology`. A server without the table, or with one of another form, or which the user may not read,
/// tells of no deployment.
pub(super) async fn read(connection: &mut Connection) -> Result<Option<Deployment>, Error> {
    let sql = "SELECT CAST(id AS CHAR) = CAST(@@server_id AS CHAR), role, status FROM mysql.rds_topology LIMIT 1000";
    let leftovers = connection.leftovers();
    let read: Result<Vec<DeploymentRow>, Error> = connection.query_all(sql, ()).await;
    connection.restore_leftovers(leftovers);
    match read {
        Ok(rows) => Ok(deployment(&rows)),
        Err(error) if matches!(error.kind(), ErrorKind::Server(_)) && connection.is_usable() => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the row is that of the server that answers, its role, and its status.
type DeploymentRow = (Option<bool>, Option<String>, Option<String>);

fn deployment(rows: &[DeploymentRow]) -> Option<Deployment> {
    let is_of_deployment = |row: &&DeploymentRow| matches!(row.1.as_deref(), Some(SOURCE | TARGET));
    let rows: Vec<&DeploymentRow> = rows.iter().filter(is_of_deployment).collect();
    let progress = |row: &&DeploymentRow| Switchover::of_status(row.2.as_deref()?);
    let is_in_progress = |row| progress(row) == Some(Switchover::InProgress);
    // The rows of the two environments need not change at once.
    let switchover = match rows.iter().any(is_in_progress) {
        true => Some(Switchover::InProgress),
        false => rows.iter().filter_map(progress).max(),
    };
    let is_former = |row: &&DeploymentRow| {
        row.0 == Some(true)
            && row.1.as_deref() == Some(SOURCE)
            && progress(row) >= Some(Switchover::PostProcessing)
    };
    rows.first().map(|_| Deployment {
        switchover,
        is_former: rows.iter().any(is_former),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(own: usize, blue: &str, green: &str) -> Option<Deployment> {
        let row = |index, role: &str, status: &str| {
            let (role, status) = (Some(role.to_owned()), Some(status.to_owned()));
            (Some(index == own), role, status)
        };
        deployment(&[row(0, SOURCE, blue), row(1, TARGET, green)])
    }

    #[test]
    fn the_progress_of_a_switchover() {
        let phase = |blue, green| told(1, blue, green).unwrap().switchover;
        assert_eq!(phase("AVAILABLE", "AVAILABLE"), None);
        assert_eq!(phase("PROVISIONING", "something new"), None);
        let (begun, going) = ("SWITCHOVER_INITIATED", "SWITCHOVER_IN_PROGRESS");
        assert_eq!(phase(begun, "AVAILABLE"), Some(Switchover::Initiated));
        assert_eq!(phase(begun, going), Some(Switchover::InProgress));
        let (post, done) = ("SWITCHOVER_IN_POST_PROCESSING", "SWITCHOVER_COMPLETED");
        assert_eq!(phase(going, post), Some(Switchover::InProgress));
        assert_eq!(phase(post, done), Some(Switchover::Completed));
    }

    #[test]
    fn the_former_production() {
        let (going, post) = ("SWITCHOVER_IN_PROGRESS", "SWITCHOVER_IN_POST_PROCESSING");
        for (own, blue, is_former) in [(0, post, true), (0, going, false), (1, post, false)] {
            let deployment = told(own, blue, post).unwrap();
            assert_eq!(deployment.is_former, is_former);
            assert!(deployment.is_switching());
        }
        assert!(!told(1, "AVAILABLE", "AVAILABLE").unwrap().is_switching());
    }

    #[test]
    fn rows_of_a_cluster_are_no_deployment() {
        assert_eq!(deployment(&[]), None);
        assert_eq!(deployment(&[(Some(true), None, None)]), None);
        let other = (Some(true), Some("WRITER".to_owned()), None);
        assert_eq!(deployment(&[other]), None);
    }
}
