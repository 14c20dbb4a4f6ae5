//! Judges what a server tells of its cluster.

use super::colour::Colour;
use super::deployment::{Deployment, Switchover};
use super::member::Member;
use super::pattern::InstancePattern;
use crate::error::TopologyProblem;
use crate::role::Role;

/// The most members that are used. An Aurora cluster has at most 16 instances (Aurora User Guide, "Quotas and
/// constraints").
pub(crate) const MEMBERS_LIMIT: usize = 16;

/// How much of a name that is not used is kept, to be shown.
const NAME_LENGTH: usize = 100;

/// The members of a cluster, judged by the bridge's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    /// The hosts that may be connected to.
    covered: Vec<Covered>,
    /// The names of all that are called the writer.
    writers: Vec<String>,
    /// The names that are not used.
    ignored: Vec<String>,
    deployment: Option<Deployment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Covered {
    host: String,
    is_writer: bool,
}

impl Roster {
    /// Only instances that the pattern covers are used, at the endpoint's port, and of the endpoint's colour. Of several
    /// members with the same name, the last one counts.
    pub(crate) fn judge(
        members: Vec<Member>,
        pattern: &InstancePattern,
        endpoint: (&str, u16),
    ) -> Self {
        let (endpoint, port) = endpoint;
        let mut roster = Self::default();
        for member in members {
            let host = pattern.host_of(&member.name).filter(|host| {
                member.port.is_none_or(|own| own == port)
                    && Colour::of_host(host) == Colour::of_host(endpoint)
            });
            let name = host.clone();
            let name = name.unwrap_or_else(|| member.name.chars().take(NAME_LENGTH).collect());
            roster.writers.retain(|writer| *writer != name);
            roster.covered.retain(|covered| covered.host != name);
            if member.is_writer {
                roster.writers.push(name.clone());
            }
            match host {
                Some(host) if roster.covered.len() < MEMBERS_LIMIT => {
                    roster.covered.push(Covered {
                        host,
                        is_writer: member.is_writer,
                    })
                }
                _ if !roster.ignored.contains(&name) => roster.ignored.push(name),
                _ => {}
            }
        }
        roster
    }

    pub(crate) fn with_deployment(self, deployment: Option<Deployment>) -> Self {
        Self { deployment, ..self }
    }

    pub(crate) fn has_deployment(&self) -> bool {
        self.deployment.is_some()
    }

    /// Whether a blue/green deployment is being switched over.
    pub(crate) fn is_switching(&self) -> bool {
        self.deployment.is_some_and(Deployment::is_switching)
    }

    /// Whether the server that has told this was production before a switchover, and is no longer.
    pub(crate) fn is_of_former_environment(&self) -> bool {
        self.deployment.is_some_and(|it| it.is_former)
    }

    /// Why the server that has told this must not be used, because of a blue/green deployment.
    pub(crate) fn obstacle(&self) -> Option<TopologyProblem> {
        let deployment = self.deployment?;
        if deployment.is_former {
            Some(TopologyProblem::FormerEnvironment)
        } else if deployment.switchover == Some(Switchover::InProgress) {
            Some(TopologyProblem::SwitchoverInProgress)
        } else {
            None
        }
    }

    /// The hosts of the servers that are said to have this role.
    ///
    /// # Errors
    ///
    /// No usable server has the role, or the members contradict each other.
    pub(crate) fn candidates(&self, role: Role) -> Result<Vec<&str>, TopologyProblem> {
        if let Some(obstacle) = self.obstacle() {
            return Err(obstacle);
        }
        if self.writers.len() > 1 {
            let hosts = self.writers.clone();
            return Err(TopologyProblem::SeveralWriters { hosts });
        }
        let is_wanted = |covered: &&Covered| covered.is_writer == (role == Role::Writer);
        let wanted = self.covered.iter().filter(is_wanted);
        let hosts: Vec<&str> = wanted.map(|covered| covered.host.as_str()).collect();
        match (self.writers.first(), hosts.is_empty()) {
            (_, false) => Ok(hosts),
            (Some(host), true) if role == Role::Writer => {
                let host = host.clone();
                Err(TopologyProblem::NotCovered { host })
            }
            _ => Err(TopologyProblem::NotNamed { role }),
        }
    }

    /// The hosts that may be connected to.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.covered.iter().map(|covered| covered.host.as_str())
    }

    /// The names that are not used.
    pub(crate) fn ignored(&self) -> &[String] {
        &self.ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDPOINT: &str = "c.cluster-abc.us-east-1.rds.amazonaws.com";

    fn host(identifier: &str) -> String {
        format!("{identifier}.abc.us-east-1.rds.amazonaws.com")
    }

    fn judged(endpoint: &str, members: &[Member]) -> Roster {
        let pattern = InstancePattern::of_endpoint(endpoint).unwrap();
        Roster::judge(members.to_vec(), &pattern, (endpoint, 3306))
    }

    fn roster(members: &[(&str, bool)]) -> Roster {
        let members: Vec<Member> = members
            .iter()
            .map(|(name, is_writer)| Member::new(*name, *is_writer))
            .collect();
        judged(ENDPOINT, &members)
    }

    #[test]
    fn the_writer_and_the_readers() {
        let roster = roster(&[("a", true), ("B", false), ("c", false)]);
        assert_eq!(roster.candidates(Role::Writer).unwrap(), [host("a")]);
        let readers = roster.candidates(Role::Reader).unwrap();
        assert_eq!(readers, [host("b"), host("c")]);
        assert_eq!(roster.ignored(), [""; 0]);
    }

    #[test]
    fn two_writers_are_none() {
        let evil = "evil.example.com";
        for second in ["b", evil] {
            let roster = roster(&[("a", true), (second, true), ("c", false)]);
            let named = if second == evil {
                evil.to_owned()
            } else {
                host("b")
            };
            let problem = TopologyProblem::SeveralWriters {
                hosts: vec![host("a"), named],
            };
            for role in [Role::Writer, Role::Reader] {
                assert_eq!(roster.candidates(role), Err(problem.clone()));
            }
        }
    }

    #[test]
    fn a_member_that_is_named_twice_is_what_is_said_last() {
        let full = host("a");
        let roster = roster(&[("a", true), ("b", true), (&full, false)]);
        assert_eq!(roster.candidates(Role::Writer).unwrap(), [host("b")]);
        assert_eq!(roster.candidates(Role::Reader).unwrap(), [host("a")]);
    }

    #[test]
    fn a_host_that_is_not_covered_is_no_candidate() {
        for name in ["evil.example.com", "a.other.us-east-1.rds.amazonaws.com"] {
            let roster = roster(&[(name, true), ("b", false)]);
            let problem = TopologyProblem::NotCovered { host: name.into() };
            assert_eq!(roster.candidates(Role::Writer), Err(problem));
            assert_eq!(roster.ignored(), [name]);
            assert_eq!(roster.hosts().collect::<Vec<_>>(), [host("b")]);
        }
    }

    #[test]
    fn another_port_or_colour_is_not_covered() {
        let other_port = Member::new("a", true).with_port(22);
        let own_port = Member::new("b", false).with_port(3306);
        let judgement = judged(ENDPOINT, &[other_port, own_port]);
        assert!(judgement.candidates(Role::Writer).is_err());
        assert_eq!(judgement.candidates(Role::Reader).unwrap(), [host("b")]);

        for other in ["a-green-x1y2z3", "a-old1"] {
            let judgement = roster(&[(other, true)]);
            let problem = TopologyProblem::NotCovered { host: other.into() };
            assert_eq!(judgement.candidates(Role::Writer), Err(problem));
        }
        let green = "c-green-x1y2z3.cluster-abc.us-east-1.rds.amazonaws.com";
        let judgement = judged(green, &[Member::new("a-green-a1b2c3", true)]);
        let writer = judgement.candidates(Role::Writer).unwrap();
        assert_eq!(writer, [host("a-green-a1b2c3")]);
    }

    #[test]
    fn in_a_switchover_there_is_no_candidate() {
        let switching = |switchover, is_former| {
            let told = Deployment::new(switchover);
            let told = Deployment { is_former, ..told };
            let roster = roster(&[("a", true)]).with_deployment(Some(told));
            roster.candidates(Role::Writer).map(|hosts| hosts.len())
        };
        let (going, post) = (Switchover::InProgress, Switchover::PostProcessing);
        let problem = TopologyProblem::SwitchoverInProgress;
        assert_eq!(switching(Some(going), false), Err(problem));
        let problem = TopologyProblem::FormerEnvironment;
        assert_eq!(switching(Some(post), true), Err(problem));
        assert_eq!(switching(Some(post), false), Ok(1));
        assert_eq!(switching(None, false), Ok(1));
    }

    #[test]
    fn nothing_is_a_clear_answer_too() {
        for role in [Role::Writer, Role::Reader] {
            let problem = TopologyProblem::NotNamed { role };
            assert_eq!(roster(&[]).candidates(role), Err(problem));
        }
        let readers = roster(&[("a", false)]);
        let problem = TopologyProblem::NotNamed { role: Role::Writer };
        assert_eq!(readers.candidates(Role::Writer), Err(problem));
    }

    #[test]
    fn only_so_many_are_used() {
        let names: Vec<String> = (0..1000).map(|number| format!("i{number}")).collect();
        let members: Vec<Member> = names.iter().map(|name| Member::new(name, false)).collect();
        assert_eq!(judged(ENDPOINT, &members).hosts().count(), MEMBERS_LIMIT);
    }
}
