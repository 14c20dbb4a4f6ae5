//! The commands that are not copied: `COM_CHANGE_USER`, and in a read-only session `COM_RESET_CONNECTION`.

use rds_bridge::component::ServerHandshake;
use rds_bridge::stages::RequestedSession;
use rds_bridge_wire::command::COM_CHANGE_USER;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::report::Known;
use super::requested::check;
use super::{Authenticated, ClientSide, Session};
use crate::client::{Client, ClientError, refuse_command};
use crate::refusal::Refusal;
use crate::upstream::Upstream;

impl Session {
    /// Answers an intercepted command. `None` if the client's connection ends with it.
    pub(super) async fn answer(
        &self,
        client: ClientSide,
        upstream: &mut Upstream,
        command: &[u8],
    ) -> Option<ClientSide> {
        self.shared.counters.count_command(*command.first()?);
        if command.first() != Some(&COM_CHANGE_USER) {
            return self.reset(client, upstream, command).await;
        }
        let changed = self.change_user(client, upstream, command).await;
        changed.unwrap_or_else(|error| {
            self.count_client_error(&error);
            None
        })
    }

    async fn reset(
        &self,
        mut client: ClientSide,
        upstream: &mut Upstream,
        command: &[u8],
    ) -> Option<ClientSide> {
        let reply = upstream.reset(command).await;
        let reply = reply
            .inspect_err(|error| self.warn("communication with the database failed", error))
            .ok()?;
        client.stream.write_all(&reply).await.ok()?;
        client.stream.flush().await.ok()?;
        Some(client)
    }

    /// Authenticates the client again, and logs in upstream with a new token. `None` if the database refused, which the
    /// client was told.
    async fn change_user(
        &self,
        side: ClientSide,
        upstream: &mut Upstream,
        command: &[u8],
    ) -> Result<Option<ClientSide>, ClientError> {
        let shared = &self.shared;
        let ClientSide {
            mut stream,
            is_tls,
            scramble,
        } = side;
        let _place = match self.place().await {
            Ok(place) => place,
            Err(refusal) => {
                self.count_failure(&refusal);
                refuse_command(&mut stream, &refusal).await;
                return Ok(None);
            }
        };
        let instance = shared.engine.instantiate().map_err(ClientError::Fault)?;
        let (capabilities, mariadb_capabilities) = upstream.capabilities();
        let handshake = ServerHandshake::change_user_in(
            instance,
            command,
            capabilities,
            mariadb_capabilities,
            &scramble,
            is_tls,
        );
        let handshake = handshake.map_err(ClientError::of_call)?;
        let client = Client::new(stream, handshake, scramble);
        let authenticating = self.authenticate(client, None);
        let Ok(authenticated) = timeout(shared.client_timeout, authenticating).await else {
            self.count_late_client();
            return Ok(None);
        };
        let authenticated = authenticated?;
        let requested = self.requested(&authenticated);
        let Authenticated { client, caller, .. } = authenticated;
        if let Err(refusal) = self.log_in_again(upstream, &requested).await {
            client.refuse(&refusal).await;
            return Ok(None);
        }
        self.log_user("changed user", &requested, &caller);
        let scramble = client.scramble();
        let stream = client.accept(upstream.ok_packet()).await?;
        Ok(Some(ClientSide {
            stream,
            is_tls,
            scramble,
        }))
    }

    /// Logs in upstream with a new token, and counts why it cannot.
    async fn log_in_again(
        &self,
        upstream: &mut Upstream,
        requested: &RequestedSession,
    ) -> Result<(), Refusal> {
        check(requested).inspect_err(|refusal| self.count_refusal(refusal))?;
        let turn = self.wait_for_turn().await;
        turn.inspect_err(|refusal| self.count_failure(refusal))?;
        let changed = upstream.change_user(requested, self.shared.is_read_only);
        let changed = changed.await;
        changed.map_err(|error| {
            let refusal = self.of_connecting(&error, Known::Authenticated);
            self.count_failure(&refusal);
            refusal
        })
    }
}
