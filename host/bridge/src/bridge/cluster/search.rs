//! The search for a server of the role: asks all members at once, until one of them names a server that can be used.
//!
//! It is bounded in each direction: at most [`MEMBERS_LIMIT`] members and the endpoint are asked, each over at most
//! [`LOGINS`] connections, at most [`CHECKS`] servers are checked, and all of it ends after
//! [`BridgeBuilder::failover_wait`](crate::BridgeBuilder::failover_wait). One search runs at a time, for all connections
//! of the bridge that wait for it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tracing::debug;

use super::Cluster;
use super::connect::examine;
use crate::bridge::Inner;
use crate::bridge::connect::directly;
use crate::bridge::deadline::{Deadline, within};
use crate::error::{Chain, Error, Stage, TopologyProblem};
use crate::mysql::Connection;
use crate::role::Role;
use crate::topology::{MEMBERS_LIMIT, Roster};

/// How many connections to one member a search opens to ask it.
const LOGINS: u32 = 64;
/// How many servers a search checks.
const CHECKS: usize = 40;
/// How often a member is asked. A new writer is found this long after it is named, at most, and the time of two logins
/// with their turns in the limit on new connections.
const ASKED_EVERY: Duration = Duration::from_millis(100);
/// How long a member may take to answer.
const ANSWER: Duration = Duration::from_secs(2);
/// How long a member is left alone after it could not be connected to, or is not what it is said to be.
const PAUSE: Duration = Duration::from_millis(250);
/// To which the pause between connections to a member that does not answer grows.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A caller with less time than this does not begin a search.
const WORTHWHILE: Duration = Duration::from_millis(100);

/// What a member has told.
struct View {
    /// The name by which the member was asked.
    host: String,
    told: Result<Roster, TopologyProblem>,
}

/// Finds the host of a server of the bridge's role. A caller that finds another's search under way waits for its result.
pub(super) async fn find(
    bridge: &Arc<Inner>,
    cluster: &Arc<Cluster>,
    end: Instant,
) -> Result<String, TopologyProblem> {
    let limit = Instant::now().checked_add(cluster.wait);
    let limit = limit.map_or(end, |limit| limit.min(end));
    let arrival = cluster.searches.arrive();
    let turn = timeout_at(limit, cluster.searches.turn(arrival)).await;
    let mut turn = turn.map_err(|_elapsed| TopologyProblem::Unanswered)?;
    if turn.has_waited_for_a_call() {
        match (turn.last_error(), cluster.with(|state| state.found.clone())) {
            (None, Some(host)) => return Ok(host),
            (Some(problem), _) if limit.saturating_duration_since(Instant::now()) < WORTHWHILE => {
                return Err(problem.clone());
            }
            _ => {}
        }
    }
    let keep = |found: Result<(String, Roster), TopologyProblem>| match found {
        Ok((host, roster)) => {
            cluster.move_to(&host, bridge.role, roster);
            Ok(host)
        }
        Err(problem) => {
            cluster.with(|state| state.instead = None);
            Err(problem)
        }
    };
    turn.call(Search::new(bridge, cluster).run(limit), keep)
        .await
}

/// A search under way. Its tasks end when it is dropped.
struct Search {
    bridge: Arc<Inner>,
    cluster: Arc<Cluster>,
    asking: JoinSet<()>,
    asked: HashSet<String>,
    views: mpsc::Receiver<View>,
    sender: mpsc::Sender<View>,
    checking: JoinSet<(String, Result<(), Error>)>,
    checked: HashSet<String>,
    checks: usize,
}

impl Search {
    fn new(bridge: &Arc<Inner>, cluster: &Arc<Cluster>) -> Self {
        let (sender, views) = mpsc::channel(MEMBERS_LIMIT);
        Self {
            bridge: Arc::clone(bridge),
            cluster: Arc::clone(cluster),
            asking: JoinSet::new(),
            asked: HashSet::new(),
            views,
            sender,
            checking: JoinSet::new(),
            checked: HashSet::new(),
            checks: 0,
        }
    }

    async fn run(mut self, limit: Instant) -> Result<(String, Roster), TopologyProblem> {
        let mut problem = TopologyProblem::Unanswered;
        let mut last = self.cluster.with(|state| state.roster.clone());
        // Its name may have moved, or the server is there again.
        self.ask(&self.bridge.endpoint.host.clone());
        self.ask_all(&last);
        loop {
            tokio::select! {
                biased;
                Some(done) = self.checking.join_next() => {
                    let Ok((host, result)) = done else { continue };
                    match result {
                        Ok(()) => return Ok((host, last)),
                        Err(error) => problem = self.not_confirmed(host, &error),
                    }
                }
                Some(View { host, told }) = self.views.recv() => {
                    let hosts = told.and_then(|roster| {
                        self.ask_all(&roster);
                        last = roster;
                        self.candidates(&host, &last)
                    });
                    match hosts {
                        Ok(hosts) => hosts.into_iter().for_each(|host| self.check(host, &last)),
                        Err(told) => problem = told,
                    }
                }
                () = sleep_until(limit) => return Err(problem),
            }
        }
    }

    /// The hosts to check, by what the member with this name tells.
    fn candidates(&self, asked: &str, roster: &Roster) -> Result<Vec<String>, TopologyProblem> {
        let endpoint = &self.bridge.endpoint.host;
        match roster.candidates(self.bridge.role) {
            Ok(hosts) => Ok(hosts.into_iter().map(str::to_owned).collect()),
            // After a blue/green switchover, the topology has the names of the green servers for a while, and the
            // endpoint's name leads there.
            Err(TopologyProblem::NotCovered { .. })
                if roster.has_deployment() && asked == endpoint =>
            {
                Ok(vec![endpoint.clone()])
            }
            Err(problem) => Err(problem),
        }
    }

    fn ask_all(&mut self, roster: &Roster) {
        for host in roster.hosts() {
            if self.asked.len() <= MEMBERS_LIMIT {
                self.ask(host);
            }
        }
    }

    /// Asks a member again and again, unless it is asked already.
    fn ask(&mut self, host: &str) {
        if self.asked.contains(host) {
            return;
        }
        self.asked.insert(host.to_owned());
        if let Ok(member) = self.bridge.at_member(&self.cluster, host) {
            let member = Arc::new(member.asking());
            let (cluster, sender) = (Arc::clone(&self.cluster), self.sender.clone());
            self.asking.spawn(async move {
                ask(&member, &cluster, &sender).await;
            });
        }
    }

    /// Checks whether a server has the role, unless it is being checked.
    fn check(&mut self, host: String, told: &Roster) {
        if self.checks >= CHECKS || self.checked.contains(&host) {
            return;
        }
        let Ok(member) = self.bridge.at_member(&self.cluster, &host) else {
            return;
        };
        self.checks = self.checks.saturating_add(1);
        self.checked.insert(host.clone());
        let member = Arc::new(member.alone());
        let deployed = told.has_deployment().then(|| Arc::clone(&self.cluster));
        self.checking.spawn(async move {
            let checked = confirm(&member, deployed.as_deref()).await;
            if checked.is_err() {
                sleep(PAUSE).await;
            }
            (host, checked)
        });
    }

    fn not_confirmed(&mut self, host: String, error: &Error) -> TopologyProblem {
        self.checked.remove(&host);
        let role = self.bridge.role;
        let why = Chain(error).to_string();
        debug!(host, why, "a member is not what it is said to be");
        TopologyProblem::NotConfirmed { host, role, why }
    }
}

impl Inner {
    /// The same, as a bridge whose connections report nothing.
    fn alone(mut self) -> Self {
        self.cluster = None;
        self
    }

    /// The same, for a connection that only asks: to a server of any role.
    fn asking(self) -> Self {
        let mut inner = self.alone();
        inner.role = Role::Any;
        inner.allow_writes = false;
        inner
    }
}

/// Connects when the limit on new connections allows it.
async fn connect(member: &Arc<Inner>) -> Result<Connection, Error> {
    let deadline = Deadline::from_timeouts(&member.timeouts);
    member.own_turn(deadline).await?;
    directly(member, Some(deadline.at())).await
}

/// Sends what a member tells, as long as it answers.
async fn ask(member: &Arc<Inner>, cluster: &Cluster, sender: &mpsc::Sender<View>) {
    let mut pause = PAUSE;
    for _ in 0..LOGINS {
        match connect(member).await {
            Ok(connection) => {
                pause = PAUSE;
                if !keep_asking(member, cluster, connection, sender).await {
                    return;
                }
            }
            Err(error) => debug!(host = member.endpoint.host, %error, "a member does not answer"),
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Asks over one connection, as long as it leads to a server of production. Returns whether to connect again.
async fn keep_asking(
    member: &Inner,
    cluster: &Cluster,
    mut connection: Connection,
    sender: &mpsc::Sender<View>,
) -> bool {
    loop {
        let asked = cluster.ask(member, &mut connection);
        let told = match timeout(ANSWER, asked).await {
            Ok(Ok(roster)) => Ok(roster),
            Ok(Err(error)) => match refusal(&error) {
                Some(problem) if connection.is_usable() => Err(problem),
                _ => return true,
            },
            Err(_) => return true,
        };
        // Its name leads to another server once DNS has changed.
        let former = Some(TopologyProblem::FormerEnvironment);
        let is_former = told.as_ref().is_ok_and(|it| it.obstacle() == former);
        let host = member.endpoint.host.clone();
        if sender.send(View { host, told }).await.is_err() {
            return false;
        }
        if is_former {
            return true;
        }
        sleep(ASKED_EVERY).await;
    }
}

/// The refusal of a server to tell the topology.
fn refusal(error: &Error) -> Option<TopologyProblem> {
    let words = error.server_error()?;
    Some(TopologyProblem::Refused {
        code: words.code,
        message: words.message.clone(),
    })
}

/// Connects to a server of the role, and of production if there is a blue/green deployment.
async fn confirm(member: &Arc<Inner>, deployed: Option<&Cluster>) -> Result<(), Error> {
    let mut connection = connect(member).await?;
    let examining = examine(member, deployed, &mut connection);
    within(Stage::Session, member.timeouts.login, examining).await?;
    // The server closes it all the same.
    let _lost = connection.close().await;
    Ok(())
}
