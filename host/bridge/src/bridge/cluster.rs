//! What a bridge knows of the endpoint's cluster: its members, and the one to connect to in place of the endpoint.

mod begin;
mod connect;
mod follow;
mod read;
mod search;
mod settings;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::sync::watch;
use tokio::time::Instant;

pub(super) use begin::begin;
pub(super) use connect::connect;
pub(super) use settings::ClusterSettings;

use super::Inner;
use crate::aws::{RegionSource, region_of_endpoint};
use crate::connection::ServerWatch;
use crate::error::{Error, ErrorKind, Stage, TopologyProblem};
use crate::role::Role;
use crate::single_flight::SingleFlight;
use crate::topology::{InstancePattern, Roster, Topology};

/// The endpoint's cluster, shared by all connections of a bridge.
pub(crate) struct Cluster {
    topology: Arc<dyn Topology>,
    pattern: InstancePattern,
    /// How long a search lasts.
    wait: Duration,
    state: Mutex<State>,
    /// [`State::moves`], for those who wait for a change.
    moved: watch::Sender<u64>,
    searches: SingleFlight<TopologyProblem>,
}

#[derive(Debug, Default)]
struct State {
    roster: Roster,
    /// When the members were last asked for in normal operation.
    asked_at: Option<Instant>,
    /// The member that is connected to in place of the endpoint.
    instead: Option<Instead>,
    /// What the last search that succeeded has found.
    found: Option<String>,
    /// How many times connections that were opened before have become ones that may lead to the wrong server: because a
    /// search has led to another writer, or in a blue/green switchover.
    moves: u64,
    /// In this switchover, a server has said that it belongs to the former environment.
    has_former: bool,
    /// A connection was lost: the next one is set up before it is handed out, to learn the role of its server.
    is_in_doubt: bool,
    /// The endpoint, or the member in its place, leads to a server of another role: the next connection begins with a
    /// search.
    is_refuted: bool,
}

#[derive(Clone, Debug)]
struct Instead {
    host: String,
    /// When it was last compared with what the endpoint's name leads to.
    compared_at: Instant,
}

impl State {
    /// After a switchover, connections that were opened before may lead to the former environment. As soon as a first
    /// server says that it belongs there, they do. Those that are opened later ask their server.
    fn keep(&mut self, roster: Roster) {
        let is_over = self.roster.is_switching() && !roster.is_switching();
        let is_former = roster.is_of_former_environment();
        let is_first = is_former && !self.has_former;
        self.has_former = roster.is_switching() && (self.has_former || is_former);
        if is_over || is_first {
            self.moves = self.moves.saturating_add(1);
        }
        self.roster = roster;
    }
}

impl Cluster {
    fn new(topology: Arc<dyn Topology>, pattern: InstancePattern, wait: Duration) -> Self {
        Self {
            topology,
            pattern,
            wait,
            state: Mutex::default(),
            moved: watch::Sender::default(),
            searches: SingleFlight::default(),
        }
    }

    /// [`State::moves`].
    pub(crate) fn moves(&self) -> u64 {
        self.with(|state| state.moves)
    }

    /// Whether the servers have told of members, among which a search can begin.
    fn knows_members(&self) -> bool {
        self.with(|state| state.roster.hosts().next().is_some())
    }

    /// [`Self::moves`], for those who wait for a change.
    pub(super) fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what a member has told, and warns once of what is not used.
    fn learn(&self, roster: Roster) {
        self.with(|state| {
            if roster.ignored() != state.roster.ignored() && !roster.ignored().is_empty() {
                let ignored = roster.ignored();
                tracing::warn!(
                    ?ignored,
                    "the cluster's topology names hosts that are not used"
                );
            }
            state.keep(roster);
            self.tell_moves(state);
        });
    }

    fn tell_moves(&self, state: &State) {
        self.moved.send_if_modified(|moves| {
            let former = std::mem::replace(moves, state.moves);
            former != state.moves
        });
    }

    /// From now on, new connections lead to this member in place of the endpoint, whose name may still lead to the
    /// former writer.
    fn move_to(&self, host: &str, role: Role, roster: Roster) {
        self.with(|state| {
            // Connections to other readers stay as good as they were. Those to the endpoint may lead to a former writer,
            // although a server has named the new one before.
            let is_led_there = state.instead.as_ref().is_some_and(|it| it.host == host);
            if role == Role::Writer && !is_led_there {
                state.moves = state.moves.saturating_add(1);
            }
            state.keep(roster);
            self.tell_moves(state);
            state.found = Some(host.to_owned());
            state.is_refuted = false;
            state.is_in_doubt = false;
            // The reader endpoint leads to any reader: each connection tries it again.
            state.instead = (role == Role::Writer).then(|| Instead {
                host: host.to_owned(),
                compared_at: Instant::now(),
            });
        });
        tracing::info!(host, "connecting to a member in place of the endpoint");
    }

    fn move_back(&self, from: &str) {
        self.with(|state| {
            if state.instead.as_ref().is_some_and(|it| it.host == from) {
                state.instead = None;
            }
        });
        tracing::info!("the endpoint leads to the writer again");
    }

    /// What a connection reports to. `moves` is [`Self::moves`] when the connection was begun.
    pub(super) fn watch(self: &Arc<Self>, moves: u64) -> Arc<dyn ServerWatch> {
        Arc::new(Watch {
            cluster: Arc::clone(self),
            moves,
        })
    }
}

/// What one connection tells the cluster.
struct Watch {
    cluster: Arc<Cluster>,
    /// [`State::moves`] when the connection was begun.
    moves: u64,
}

impl Watch {
    /// A connection to the former writer says nothing of the new one.
    fn tell(&self, change: impl FnOnce(&mut State)) {
        self.cluster.with(|state| {
            if state.moves == self.moves {
                change(state);
            }
        });
    }
}

impl ServerWatch for Watch {
    fn lost(&self) {
        self.tell(|state| state.is_in_doubt = true);
    }

    fn has_other_role(&self) {
        self.tell(|state| state.is_refuted = true);
    }
}

impl Inner {
    /// The bridge with a member of the cluster as its endpoint: tokens are signed and certificates verified for the
    /// member's own name.
    ///
    /// # Errors
    ///
    /// The cluster's pattern does not cover the host.
    fn at_member(&self, cluster: &Cluster, host: &str) -> Result<Self, Error> {
        let not_covered = || {
            let host = host.to_owned();
            let problem = TopologyProblem::NotCovered { host };
            let source = Box::new(Error::setting("instance_pattern", "it covers no such host"));
            Error::new(Stage::Connect, ErrorKind::NoOtherServer { problem, source })
        };
        if host != self.endpoint.host && !cluster.pattern.covers(host) {
            return Err(not_covered());
        }
        let mut member = self.clone();
        member.server_name =
            ServerName::try_from(host.to_owned()).map_err(|_invalid| not_covered())?;
        host.clone_into(&mut member.endpoint.host);
        host.clone_into(&mut member.address.host);
        if let Some((region, source)) = &mut member.endpoint.region
            && *source != RegionSource::Given
            && let Some(named) = region_of_endpoint(host)
        {
            (*region, *source) = (named, RegionSource::Endpoint);
        }
        Ok(member)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("topology", &self.topology)
            .field("pattern", &self.pattern)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Deployment, Switchover};

    #[test]
    fn a_switchover_makes_earlier_connections_wrong_once_when_it_shows_and_once_when_it_is_over() {
        let roster = |switchover, is_former| {
            let told = Deployment::new(Some(switchover));
            Roster::default().with_deployment(Some(Deployment { is_former, ..told }))
        };
        let (post, done) = (Switchover::PostProcessing, Switchover::Completed);
        let mut state = State::default();
        state.keep(roster(Switchover::InProgress, false));
        assert_eq!(state.moves, 0);
        // Servers of both environments answer.
        for is_former in [true, false, true, false] {
            state.keep(roster(post, is_former));
            assert_eq!(state.moves, 1);
        }
        state.keep(roster(done, false));
        assert_eq!(state.moves, 2);
        // The next deployment.
        state.keep(roster(post, true));
        assert_eq!(state.moves, 3);
    }
}
