//! One client, from its connection to its end.

mod answer;
mod report;
mod requested;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rds_bridge::component::{HandshakeResponse, ServerHandshake, TlsPolicy, scramble};
use rds_bridge::stages::{
    Connecting, InitialHandshakeReceived, RawConnection, RequestedSession, Resolved, WriterWatch,
};
use rds_bridge::{Bridge, Error};
use rustls::ServerConfig;
use tokio::sync::SemaphorePermit;
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{debug, info, warn};

use crate::client::{Client, ClientError, refuse_at_once};
use crate::listen::Origin;
use crate::login_limits::LoggingIn;
use crate::reached_limit::ReachedLimit;
use crate::refusal::Refusal;
use crate::replies::Replies;
use crate::shared::{Access, Shared};
use crate::socket::{ClientStream, Socket};
use crate::splice::{End, Splice};
use crate::upstream::Upstream;
use crate::users::ClientAuthentication;
use report::Known;
use requested::check;

/// `CLIENT_LOCAL_FILES`: the server may request a file of the client, for `LOAD DATA LOCAL`.
const CLIENT_LOCAL_FILES: u32 = 1 << 7;
/// While a proxy drains, a client that is idle is closed when nothing was copied for this long.
const QUIET: Duration = Duration::from_millis(500);

/// A client, and what the proxy knows about it.
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    pub(crate) origin: Origin,
    pub(crate) is_local: bool,
    pub(crate) access: Access,
    /// Counts the client until its login, if it is of another machine.
    pub(crate) logging_in: Option<LoggingIn>,
}

/// A client that has sent its login, and may go on.
struct Authenticated {
    client: Client,
    response: Box<HandshakeResponse>,
    /// Who the client is. Without authentication, the user name that it sent.
    caller: String,
}

/// The database has sent its first packet.
struct Greeted {
    first: InitialHandshakeReceived,
    /// To replace the credentials if the database refuses them.
    resolved: Resolved,
}

/// A client that is logged in to the database.
struct LoggedIn {
    client: ClientSide,
    upstream: Upstream,
}

/// The client's side after its login.
struct ClientSide {
    stream: ClientStream,
    is_tls: bool,
    /// The challenge that the client got last, to which it responds in a `COM_CHANGE_USER`.
    scramble: [u8; 20],
}

impl Session {
    /// Serves the client to its end.
    pub(crate) async fn run(mut self, socket: Socket, mut draining: watch::Receiver<bool>) {
        let logged_in = tokio::select! {
            // On the heap, so that its memory is freed with it: the client may stay for days.
            logged_in = Box::pin(self.log_in(socket)) => logged_in,
            // A client that is not logged in loses nothing.
            _ = draining.wait_for(|is_draining| *is_draining) => None,
        };
        drop(self.logging_in.take());
        let Some(logged_in) = logged_in else { return };
        let counters = &self.shared.counters;
        counters.logged_in.fetch_add(1, Ordering::Relaxed);
        self.copy(logged_in, draining).await;
    }

    async fn log_in(&self, socket: Socket) -> Option<LoggedIn> {
        let _place = match self.place().await {
            Ok(place) => place,
            Err(refusal) => {
                self.fail_at_once(socket, &refusal).await;
                return None;
            }
        };
        let greeted = match self.greet().await {
            Ok(greeted) => greeted,
            Err(refusal) => {
                self.fail_at_once(socket, &refusal).await;
                return None;
            }
        };
        let (handshake, scramble) = match self.handshake(&greeted.first) {
            Ok(begun) => begun,
            Err(error) => {
                let refusal = self.of_first_packet(&error);
                self.fail_at_once(socket, &refusal).await;
                if !matches!(error, ClientError::Refused(_)) {
                    self.complete_unused_login(greeted.first).await;
                }
                return None;
            }
        };
        let client = Client::new(ClientStream::Plain(socket), handshake, scramble);
        let limit = self.shared.client_timeout;
        match timeout(limit, self.authenticate(client, self.access.tls.as_ref())).await {
            Ok(Ok(authenticated)) => self.connect(authenticated, greeted).await,
            Ok(Err(error)) => {
                self.count_client_error(&error);
                self.complete_unused_login(greeted.first).await;
                None
            }
            Err(_) => {
                self.count_late_client();
                self.complete_unused_login(greeted.first).await;
                None
            }
        }
    }

    /// Waits for a place among the clients that log in, each of which uses two instances of the component.
    async fn place(&self) -> Result<SemaphorePermit<'_>, Refusal> {
        let shared = &self.shared;
        let entering = timeout(shared.rate_timeout, shared.login_limits.places().enter());
        entering.await.ok().flatten().ok_or_else(|| {
            Refusal::too_many_connections(
                "rds-bridge: too many clients are logging in at the same time: try again",
            )
        })
    }

    /// Refuses a client in place of the first packet.
    async fn fail_at_once(&self, socket: Socket, refusal: &Refusal) {
        self.count_failure(refusal);
        refuse_at_once(&self.shared.engine, socket, refusal).await;
    }

    /// Connects to the database up to its first packet.
    async fn greet(&self) -> Result<Greeted, Refusal> {
        self.wait_for_turn().await?;
        greet(&self.shared.bridge)
            .await
            .map_err(|error| self.of_connecting(&error, Known::Stranger))
    }

    /// Waits until another login to the database is allowed.
    async fn wait_for_turn(&self) -> Result<(), Refusal> {
        let shared = &self.shared;
        let waited = timeout(shared.rate_timeout, shared.rate.wait()).await;
        waited.map_err(|_| {
            Refusal::too_many_connections((shared.limit_words)(&ReachedLimit::ConnectionRate))
        })
    }

    /// The client's side of the handshake, which begins with the database's first packet.
    fn handshake(
        &self,
        greeted: &InitialHandshakeReceived,
    ) -> Result<(ServerHandshake, [u8; 20]), ClientError> {
        let shared = &self.shared;
        let withheld = match shared.allows_local_files {
            true => 0,
            false => CLIENT_LOCAL_FILES,
        };
        let has_certificates = matches!(
            *self.access.authentication,
            ClientAuthentication::Certificates(_)
        );
        let policy = match &self.access.tls {
            None => TlsPolicy::None,
            Some(_) if self.is_local && !has_certificates => TlsPolicy::Offered,
            Some(_) => TlsPolicy::Required,
        };
        let instance = shared.engine.instantiate().map_err(ClientError::Fault)?;
        let packet = greeted.first_packet();
        let scramble = scramble()?;
        let handshake = ServerHandshake::start_as_in(instance, packet, withheld, &scramble, policy);
        let handshake = handshake.map_err(ClientError::of_call)?;
        Ok((handshake, scramble))
    }

    async fn authenticate(
        &self,
        mut client: Client,
        tls: Option<&Arc<ServerConfig>>,
    ) -> Result<Authenticated, ClientError> {
        let response = client.read_login(tls).await?;
        let host = self.client_host();
        let authentication = &self.access.authentication;
        let database_user = self.shared.database_user;
        let caller = client
            .authenticate(&response, authentication, database_user, &host)
            .await?;
        Ok(Authenticated {
            client,
            response,
            caller,
        })
    }

    /// Logs the client in to the database.
    async fn connect(&self, authenticated: Authenticated, greeted: Greeted) -> Option<LoggedIn> {
        let requested = self.requested(&authenticated);
        let Authenticated {
            client,
            response,
            caller,
        } = authenticated;
        if let Err(refusal) = check(&requested) {
            self.count_refusal(&refusal);
            client.refuse(&refusal).await;
            self.complete_unused_login(greeted.first).await;
            return None;
        }
        let Greeted { first, resolved } = greeted;
        let upstream = match log_in(first, &requested).await {
            Ok(raw) => Upstream::set_up(raw, self.shared.is_read_only).await,
            Err(error) => Err(error),
        };
        let upstream = match upstream {
            Ok(upstream) => upstream,
            Err(error) => {
                let refusal = self.of_connecting(&error, Known::Authenticated);
                self.count_failure(&refusal);
                // If the source has newer credentials, the next client logs in with them. This one cannot: it was told
                // the id of a connection that the database has closed.
                drop(resolved.reload_credentials(error).await);
                client.refuse(&refusal).await;
                return None;
            }
        };
        self.log_user("logged in", &requested, &caller);
        let (is_tls, scramble) = (response.is_tls, client.scramble());
        match client.accept(upstream.ok_packet()).await {
            Ok(stream) => Some(LoggedIn {
                client: ClientSide {
                    stream,
                    is_tls,
                    scramble,
                },
                upstream,
            }),
            Err(error) => {
                self.count_client_error(&error);
                upstream.close(true).await;
                None
            }
        }
    }

    /// Logs in and quits in the place of a client that has not. A server counts connections that end before the login,
    /// and blocks a host with too many of them (error 1129).
    async fn complete_unused_login(&self, greeted: InitialHandshakeReceived) {
        let completed = async {
            let logged_in = greeted.start_tls().await?.log_in().await?;
            Upstream::new(logged_in.into_raw()).close(true).await;
            Ok::<(), Error>(())
        };
        if let Err(error) = completed.await {
            debug!(%error, "cannot complete the login to the database in place of a client that disconnected");
        }
    }

    /// Copies until the end, and answers the commands that are not copied. Once the server is no longer the writer, the
    /// client is closed as when the proxy drains: it then connects again, and reaches the new writer.
    async fn copy(&self, logged_in: LoggedIn, mut draining: watch::Receiver<bool>) {
        let counters = &self.shared.counters;
        let LoggedIn {
            mut client,
            mut upstream,
        } = logged_in;
        let (capabilities, mariadb_capabilities) = upstream.capabilities();
        let replies = Replies::new(capabilities, mariadb_capabilities);
        let mut splice = Splice::new(self.shared.is_read_only, replies);
        let mut writer = upstream.writer_watch();
        loop {
            let server = upstream.stream();
            let end = tokio::select! {
                biased;
                end = splice.run(&mut client.stream, server, counters) => end,
                () = ending(&mut draining, &mut writer) => {
                    // The client may have sent a command in the meantime.
                    let quiet = timeout(QUIET, splice.run(&mut client.stream, server, counters)).await;
                    match quiet {
                        Ok(end) => end,
                        Err(_) if splice.is_idle() => Ok(End::Closed),
                        Err(_) => continue,
                    }
                }
            };
            match end {
                Ok(End::Intercepted(command)) => {
                    match self.answer(client, &mut upstream, &command).await {
                        Some(answered) => {
                            client = answered;
                            splice.begin_session();
                        }
                        None => break,
                    }
                }
                Ok(End::Closed) => break,
                Ok(End::TooLong) => {
                    warn!(origin = %self.origin, "disconnected a client because it sent a command that is too long");
                    break;
                }
                Err(error) => {
                    debug!(origin = %self.origin, %error, "the connection ended");
                    break;
                }
            }
        }
        upstream.close(splice.is_idle()).await;
        info!(origin = %self.origin, "disconnected");
    }

    /// The client's address, as the server would show it.
    fn client_host(&self) -> String {
        match &self.origin {
            Origin::Tcp(address) => address.ip().to_string(),
            #[cfg(unix)]
            Origin::Unix { .. } => "localhost".to_owned(),
        }
    }
}

/// Connects to the database up to its first packet; if that fails, to another server of its cluster.
async fn greet(bridge: &Bridge) -> Result<Greeted, Error> {
    match greet_from(bridge.begin().await?).await {
        Err(error) => greet_from(bridge.begin_again(error).await?).await,
        greeted => greeted,
    }
}

async fn greet_from(connecting: Connecting) -> Result<Greeted, Error> {
    let ready = connecting.load_credentials().await?;
    let resolved = ready.resolve().await?;
    let first = resolved.clone().connect().await?;
    let first = first.read_initial_handshake().await?;
    Ok(Greeted { first, resolved })
}

async fn log_in(
    greeted: InitialHandshakeReceived,
    requested: &RequestedSession,
) -> Result<RawConnection, Error> {
    let established = greeted.start_tls_for(requested).await?;
    Ok(established.log_in().await?.into_raw())
}

/// Ends when the client is to be closed once it is idle: the proxy drains, or the server is no longer the writer.
async fn ending(draining: &mut watch::Receiver<bool>, writer: &mut WriterWatch) {
    let drained = async {
        if draining.wait_for(|is_draining| *is_draining).await.is_err() {
            // The proxy is gone, and with it what could drain it.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = drained => {}
        () = writer.moved() => {}
    }
}
