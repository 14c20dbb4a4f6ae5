//! Connects to the endpoint, or to the member of its cluster that has taken over.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Cluster;
use super::search::find;
use crate::bridge::Inner;
use crate::bridge::connect::directly;
use crate::bridge::deadline::Deadline;
use crate::error::{Error, ErrorKind, Stage, TopologyProblem, ends_connection};
use crate::mysql::Connection;

/// How often the endpoint's name is compared with that of the member in its place.
const COMPARED_EVERY: Duration = Duration::from_secs(1);
/// How long that may take: a slow resolver must not delay each connection.
const COMPARING: Duration = Duration::from_millis(200);

/// Connects, and searches the cluster if the endpoint leads to no server of the role: at most one attempt, one search,
/// and one attempt at the server that was found.
pub(in crate::bridge) async fn connect(
    bridge: &Arc<Inner>,
    cluster: &Arc<Cluster>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    let deadline = Deadline::from_timeouts(&bridge.timeouts).no_later_than(end);
    if cluster.with(|state| std::mem::take(&mut state.is_refuted)) {
        return match find(bridge, cluster, deadline.at()).await {
            Ok(host) => at_member(bridge, cluster, &host, deadline).await,
            // Its name may have moved meanwhile.
            Err(problem) => {
                let connected = at_endpoint(bridge, cluster, deadline).await;
                connected.map_err(|error| explain(error, problem))
            }
        };
    }
    let error = match at_endpoint(bridge, cluster, deadline).await {
        Err(error) if leads_to_no_server(&error) => error,
        connected => return connected,
    };
    if !cluster.knows_members() {
        return Err(error);
    }
    let host = find_after(bridge, cluster, deadline, error).await?;
    at_member(bridge, cluster, &host, deadline).await
}

/// Finds the host of a server of the role, after an attempt has failed with this error. That attempt has used the caller's
/// turn in the limit on new connections, so the next one waits for its own.
pub(super) async fn find_after(
    bridge: &Arc<Inner>,
    cluster: &Arc<Cluster>,
    deadline: Deadline,
    error: Error,
) -> Result<String, Error> {
    let host = match find(bridge, cluster, deadline.at()).await {
        Ok(host) => host,
        Err(problem) => return Err(explain(error, problem)),
    };
    match bridge.second_turn(deadline).await {
        Ok(()) => Ok(host),
        Err(_too_late) => Err(error),
    }
}

/// Connects to the endpoint, or to the member in its place.
async fn at_endpoint(
    bridge: &Arc<Inner>,
    cluster: &Arc<Cluster>,
    deadline: Deadline,
) -> Result<Connection, Error> {
    if let Some(host) = cluster.member_in_place(bridge).await {
        return at_member(bridge, cluster, &host, deadline).await;
    }
    let connection = directly(bridge, Some(deadline.at())).await?;
    examine_if_in_doubt(bridge, cluster, connection, deadline).await
}

async fn at_member(
    bridge: &Inner,
    cluster: &Arc<Cluster>,
    host: &str,
    deadline: Deadline,
) -> Result<Connection, Error> {
    let member = Arc::new(bridge.at_member(cluster, host)?);
    let connection = directly(&member, Some(deadline.at())).await?;
    examine_if_in_doubt(&member, cluster, connection, deadline).await
}

/// After a connection was lost, the role of the server is learnt at once, and not with the first statement, which would
/// fail. During a blue/green switchover, so is the environment to which the server belongs.
async fn examine_if_in_doubt(
    bridge: &Inner,
    cluster: &Cluster,
    mut connection: Connection,
    deadline: Deadline,
) -> Result<Connection, Error> {
    let (is_in_doubt, is_switching) =
        cluster.with(|state| (state.is_in_doubt, state.roster.is_switching()));
    if is_in_doubt || is_switching {
        let examining = examine(bridge, is_switching.then_some(cluster), &mut connection);
        let limit = bridge.timeouts.login;
        deadline.within(Stage::Session, limit, examining).await?;
        cluster.with(|state| state.is_in_doubt = false);
    }
    Ok(connection)
}

/// Sets the session up, which checks the server's role. With a cluster that has a blue/green deployment, it also asks
/// the server whether it is one of production, and keeps what it tells.
pub(super) async fn examine(
    bridge: &Inner,
    deployed: Option<&Cluster>,
    connection: &mut Connection,
) -> Result<(), Error> {
    connection.set_up_now().await?;
    let Some(cluster) = deployed else {
        return Ok(());
    };
    let roster = cluster.ask(bridge, connection).await?;
    let obstacle = roster.obstacle();
    cluster.learn(roster);
    if obstacle.is_some() {
        let expected = bridge.role;
        let kind = ErrorKind::WrongRole { expected };
        return Err(Error::new(Stage::Session, kind));
    }
    Ok(())
}

/// Whether an error can be that of a failover: there is no server, or one of another role.
pub(super) fn leads_to_no_server(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Timeout(_) => error.stage() != Stage::Credentials,
        ErrorKind::Resolve { .. }
        | ErrorKind::Connect(_)
        | ErrorKind::Io(_)
        | ErrorKind::Closed
        | ErrorKind::WrongRole { .. } => true,
        ErrorKind::Server(words) | ErrorKind::ServerBeforeTls(words) => ends_connection(words),
        _ => false,
    }
}

/// Adds to the endpoint's error why no other server was found.
pub(super) fn explain(error: Error, problem: TopologyProblem) -> Error {
    if !leads_to_no_server(&error) {
        return error;
    }
    let stage = error.stage();
    let source = Box::new(error);
    Error::new(stage, ErrorKind::NoOtherServer { problem, source })
}

impl Cluster {
    /// The member to connect to in place of the endpoint; `None` once the endpoint's name leads there too.
    pub(super) async fn member_in_place(&self, bridge: &Inner) -> Option<String> {
        let now = Instant::now();
        let (host, is_due) = self.with(|state| {
            let instead = state.instead.as_mut()?;
            let age = now.saturating_duration_since(instead.compared_at);
            let is_due = age >= COMPARED_EVERY;
            if is_due {
                instead.compared_at = now;
            }
            Some((instead.host.clone(), is_due))
        })?;
        if is_due && leads_to(bridge, &host).await {
            self.move_back(&host);
            return None;
        }
        Some(host)
    }
}

/// Whether every address of the endpoint is one of the member.
async fn leads_to(bridge: &Inner, member: &str) -> bool {
    let resolve = |host| bridge.resolver.resolve(host, bridge.endpoint.port);
    let both = async { tokio::try_join!(resolve(&bridge.endpoint.host), resolve(member)) };
    match timeout(COMPARING, both).await {
        Ok(Ok((endpoint, member))) => is_within(&endpoint, &member),
        Ok(Err(_)) | Err(_) => false,
    }
}

fn is_within(some: &[SocketAddr], all: &[SocketAddr]) -> bool {
    !some.is_empty() && some.iter().all(|address| all.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::ServerError;
    use crate::role::Role;

    #[test]
    fn an_endpoint_with_another_address_too_has_not_moved() {
        let [one, two, three] = [1, 2, 3].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        assert!(is_within(&[one], &[two, one]));
        assert!(is_within(&[one, two], &[two, one]));
        for some in [&[][..], &[three], &[one, three]] {
            assert!(!is_within(some, &[one, two]), "{some:?}");
        }
    }

    #[test]
    fn a_refusal_is_no_failover() {
        let of_server = |code| {
            ErrorKind::Server(ServerError {
                code,
                sql_state: None,
                message: String::new(),
            })
        };
        let limit = Duration::from_secs(1);
        for (stage, kind, expected) in [
            (Stage::Connect, ErrorKind::Connect(Vec::new()), true),
            (Stage::Connect, ErrorKind::Timeout(limit), true),
            (Stage::Credentials, ErrorKind::Timeout(limit), false),
            (Stage::Login, of_server(1053), true),
            (Stage::Login, of_server(1045), false),
            (Stage::InitialHandshake, of_server(1040), false),
            (
                Stage::Session,
                ErrorKind::WrongRole {
                    expected: Role::Writer,
                },
                true,
            ),
            (
                Stage::Tls,
                ErrorKind::Tls(rustls::Error::DecryptError),
                false,
            ),
        ] {
            let error = Error::new(stage, kind);
            assert_eq!(leads_to_no_server(&error), expected, "{error}");
        }
    }
}
