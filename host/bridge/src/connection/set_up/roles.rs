//! The roles of the login. `COM_RESET_CONNECTION` keeps those that are active, and a stored procedure or function may
//! have set others, which does not show in a statement's text.

use std::collections::VecDeque;

use super::Step;
use super::versions::may_have_roles;
use crate::connection::{Connection, Transport};
use crate::error::{Error, ErrorKind, Stage};

impl<S: Transport> Connection<S> {
    /// From now on, a reset fails if other roles than now are active. Call it before the first statement. The roles are
    /// queried with that statement if commands can be pipelined, and now otherwise.
    pub(crate) async fn watch_roles(&mut self) -> Result<(), Error> {
        // The sessions of an RDS Proxy are those of its own pool.
        let is_rds_proxy = self.set_up.settings.is_rds_proxy;
        if is_rds_proxy || !may_have_roles(&self.session.server_version) {
            return Ok(());
        }
        self.set_up.watches_roles = true;
        let step = VecDeque::from([Step::ActiveRoles]);
        if self.can_pipeline {
            self.hold_steps(step);
            return Ok(());
        }
        self.one_by_one(step).await
    }

    /// Notes the roles of the login, or compares the active ones with these.
    pub(super) fn check_active_roles(&mut self, row: &[u8]) -> Result<(), Error> {
        let of_login = self.set_up.roles.get_or_insert_with(|| row.to_vec());
        match of_login == row {
            true => Ok(()),
            false => Err(Error::new(Stage::Session, ErrorKind::Unusable)),
        }
    }
}
