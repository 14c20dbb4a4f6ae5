//! The way to a session: addresses, TCP, and the handshake, which says what to write and when to start TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use secrecy::ExposeSecret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tracing::{Instrument, Span, debug_span, field};

use super::auth::Secret;
use super::deadline::{Deadline, within};
use super::redial::SameServer;
use super::{Address, Inner, causes};
use crate::connection::SessionSettings;
use crate::error::{Error, ErrorKind, Stage};
use crate::guest::{
    Auth, CallError, ClientHandshake, Config, ConnectionAttribute, Engine, Guest, HandshakeError,
    Session, Step,
};
use crate::mysql::{CancelHandle, Connection};
use crate::net;
use crate::tls::{TlsStream, with_refused};

/// `utf8mb4_general_ci`, known to every server. What prepares the session puts the server's own default in its place.
const CHARACTER_SET: u8 = 45;
/// More than any packet of the connection phase but the token's.
const READ_LENGTH: usize = 4 << 10;

/// Makes a connection and logs in, before `end` if there is one.
pub(crate) async fn connect(
    bridge: &Arc<Inner>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    let bridge = match &bridge.alias {
        None => Arc::clone(bridge),
        Some(alias) => {
            let deadline = Deadline::of(&bridge.timeouts).no_later_than(end);
            let current = bridge.with_current_endpoint(alias);
            deadline.whole(Stage::Resolve, current).await?
        }
    };
    connect_with(&bridge, None, end).await
}

/// The same, to an address that is known.
pub(crate) async fn connect_to(
    bridge: &Arc<Inner>,
    address: SocketAddr,
) -> Result<Connection, Error> {
    connect_with(bridge, Some(address), None).await
}

async fn connect_with(
    bridge: &Arc<Inner>,
    address: Option<SocketAddr>,
    end: Option<Instant>,
) -> Result<Connection, Error> {
    let span = debug_span!("connect", host = %bridge.endpoint.host, user = field::Empty);
    let own_span = span.clone();
    let connecting = async {
        let deadline = Deadline::of(&bridge.timeouts).no_later_than(end);
        let secret = bridge.secret().instrument(debug_span!("credentials"));
        let secret = deadline.whole(Stage::Credentials, secret).await?;
        let addresses = match address {
            Some(address) => vec![address],
            None => deadline.whole(Stage::Resolve, resolve(bridge)).await?,
        };
        let refused = match log_in(bridge, &addresses, &secret, &deadline, &own_span).await {
            Err(error) => error,
            done => return done,
        };
        let another = bridge.another_secret(&secret, refused);
        let another = deadline.whole(Stage::Credentials, another).await?;
        log_in(bridge, &addresses, &another, &deadline, &own_span).await
    };
    let connection = connecting.instrument(span).await;
    connection.map_err(|error| causes::attach(error, bridge))
}

/// Makes a connection of its own for each try: a server closes the one that it has refused.
async fn log_in(
    bridge: &Arc<Inner>,
    addresses: &[SocketAddr],
    secret: &Secret<'_>,
    deadline: &Deadline,
    span: &Span,
) -> Result<Connection, Error> {
    let user = bridge.user_with(secret);
    span.record("user", user);
    let reaching = reach(bridge, addresses, secret, user, deadline).await;
    let (handshake, tls, auth) = match reaching {
        Ok(reached) => reached,
        // What could not be signed for any server is more than that this one is not reached.
        Err(error) if error.stage() == Stage::Connect => {
            if let Ok(mut guest) = bridge.guest() {
                bridge.auth(secret, &mut guest)?;
            }
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    finish_handshake(bridge, handshake, tls, &auth, deadline).await
}

async fn reach(
    bridge: &Inner,
    addresses: &[SocketAddr],
    secret: &Secret<'_>,
    user: &str,
    deadline: &Deadline,
) -> Result<(ClientHandshake, TlsStream<TcpStream>, Auth), Error> {
    // A command loads it while the server takes the connection and makes its greeting.
    let (tcp, _) = tokio::try_join!(tcp(bridge, addresses, deadline), async { engine(bridge) })?;
    let mut handshake = begin_handshake(bridge, user)?;
    // Signed while the server makes its part of the TLS handshake.
    let sign = |guest: &mut Guest| {
        let signing = debug_span!("token");
        signing.in_scope(|| bridge.auth(secret, guest))
    };
    let (tls, auth) = start_tls(bridge, &mut handshake, tcp, deadline, sign).await?;
    Ok((handshake, tls, auth))
}

pub(crate) async fn resolve(bridge: &Inner) -> Result<Vec<SocketAddr>, Error> {
    let Address { host, port } = &bridge.address;
    let limit = bridge.timeouts.resolve;
    let unresolved = |source| {
        let host = host.clone();
        Error::new(Stage::Resolve, ErrorKind::Resolve { host, source })
    };
    let resolving = async {
        let addresses = bridge.resolver.resolve(host, *port).await;
        addresses.map_err(unresolved)
    };
    let addresses = within(Stage::Resolve, limit, resolving)
        .instrument(debug_span!("resolve", host))
        .await?;
    if addresses.is_empty() {
        return Err(unresolved(std::io::Error::other("it has no address")));
    }
    Ok(addresses)
}

pub(crate) async fn tcp(
    bridge: &Inner,
    addresses: &[SocketAddr],
    deadline: &Deadline,
) -> Result<TcpStream, Error> {
    net::connect(addresses, bridge.timeouts.connect, deadline.at())
        .instrument(debug_span!("tcp"))
        .await
        .map_err(|attempts| deadline.or(Stage::Connect, ErrorKind::Connect(attempts)))
}

/// The connection phase, before anything has come. The component will say what to do.
pub(crate) fn begin_handshake(bridge: &Inner, user: &str) -> Result<ClientHandshake, Error> {
    let attributes: Vec<ConnectionAttribute<'_>> = bridge
        .attributes
        .iter()
        .map(|(name, value)| ConnectionAttribute { name, value })
        .collect();
    let config = Config {
        db_user: user,
        database: bridge.database.as_deref(),
        connection_attributes: &attributes,
        character_set: CHARACTER_SET,
    };
    ClientHandshake::start(&engine(bridge)?, &config).map_err(in_stage(Stage::Tls))
}

fn engine(bridge: &Inner) -> Result<Engine, Error> {
    let engine = bridge.engine.get();
    engine.map_err(|fault| Error::new(Stage::Settings, ErrorKind::Fault(fault)))
}

/// The connection phase up to TLS. Something may be done in the guest meanwhile: it waits, as this does.
pub(crate) async fn start_tls<T: Send>(
    bridge: &Inner,
    handshake: &mut ClientHandshake,
    tcp: TcpStream,
    deadline: &Deadline,
    meanwhile: impl FnOnce(&mut Guest) -> Result<T, Error> + Send,
) -> Result<(TlsStream<TcpStream>, T), Error> {
    let starting = async {
        let (tcp, ssl_request) = agree_on_tls(handshake, tcp).await?;
        let tls = tls(&bridge.tls, bridge.server_name.clone(), ssl_request, tcp);
        tokio::try_join!(tls, async { meanwhile(handshake.guest()) })
    };
    deadline
        .within(Stage::Tls, bridge.timeouts.tls, starting)
        .instrument(debug_span!("tls"))
        .await
}

/// The connection phase inside TLS.
pub(crate) async fn finish_handshake(
    bridge: &Arc<Inner>,
    mut handshake: ClientHandshake,
    mut tls: TlsStream<TcpStream>,
    auth: &Auth,
    deadline: &Deadline,
) -> Result<Connection, Error> {
    let step = handshake.tls_established(auth);
    let step = step.map_err(in_stage(Stage::Login))?;
    let login = deadline.within(
        Stage::Login,
        bridge.timeouts.login,
        authenticate(&mut handshake, &mut tls, step),
    );
    let session = login.instrument(debug_span!("login")).await?;
    let cancel = CancelHandle::new(
        Arc::new(SameServer(Arc::clone(bridge))),
        tls.io().peer_addr().ok(),
    );
    let lengths = Arc::clone(&bridge.result_lengths);
    let mut connection = Connection::new(tls, session, lengths, cancel);
    connection.set_limits(bridge.limits);
    let set_up = deadline.whole(Stage::Session, set_up(bridge, connection));
    // While the server does its part; a command's still later.
    let tidying_up = async { bridge.engine.let_go(handshake) };
    let (connection, ()) = tokio::join!(set_up, tidying_up);
    connection
}

/// Up to the request for TLS, which is still to be written.
async fn agree_on_tls(
    handshake: &mut ClientHandshake,
    mut tcp: TcpStream,
) -> Result<(TcpStream, Vec<u8>), Error> {
    let mut step = handshake.receive(&[]).map_err(in_stage(Stage::Tls))?;
    loop {
        step = match step {
            Step::StartTls(ssl_request) => return Ok((tcp, ssl_request)),
            step => advance(handshake, &mut tcp, step, Stage::Tls).await?,
        };
    }
}

async fn tls(
    config: &Arc<ClientConfig>,
    server_name: rustls::pki_types::ServerName<'static>,
    ssl_request: Vec<u8>,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let connecting = TlsStream::connect(Arc::clone(config), server_name, ssl_request, tcp);
    let (connected, refused) = with_refused(connecting).await;
    connected.map_err(|error| {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(tls) => Error::new(Stage::Tls, ErrorKind::Tls(tls.clone())).with_refused(refused),
            None => Error::of_io(Stage::Tls, error),
        }
    })
}

async fn authenticate(
    handshake: &mut ClientHandshake,
    tls: &mut TlsStream<TcpStream>,
    mut step: Step,
) -> Result<Session, Error> {
    loop {
        step = match step {
            Step::Ready(session) => return Ok(session),
            step => advance(handshake, tls, step, Stage::Login).await?,
        };
    }
}

/// Does what a step says, other than TLS and the end.
async fn advance<S: AsyncRead + AsyncWrite + Unpin>(
    handshake: &mut ClientHandshake,
    stream: &mut S,
    step: Step,
    stage: Stage,
) -> Result<Step, Error> {
    match step {
        Step::Write(bytes) => {
            write(stream, bytes.expose_secret(), stage).await?;
            handshake.receive(&[])
        }
        // The component asks for TLS once, and for the end behind it: it is told what it got.
        Step::Read | Step::StartTls(_) | Step::Ready(_) => {
            // On the heap: in the future it would be cleared, and moved with it, for every read.
            let mut buffer = Vec::with_capacity(READ_LENGTH);
            let read = stream.read_buf(&mut buffer).await;
            if read.map_err(|error| Error::of_io(stage, error))? == 0 {
                return Err(Error::new(stage, ErrorKind::Closed));
            }
            handshake.receive(&buffer)
        }
    }
    .map_err(in_stage(stage))
}

fn in_stage(stage: Stage) -> impl Fn(CallError<HandshakeError>) -> Error {
    move |error| Error::of_handshake(stage, error)
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    bytes: &[u8],
    stage: Stage,
) -> Result<(), Error> {
    let io = |error| Error::of_io(stage, error);
    stream.write_all(bytes).await.map_err(io)?;
    stream.flush().await.map_err(io)
}

/// The character set, and read-only unless writing was asked for. A guard rail: the boundary is the GRANT.
async fn set_up(bridge: &Inner, mut connection: Connection) -> Result<Connection, Error> {
    connection.set_protocol(bridge.protocol);
    if bridge.is_direct {
        connection.foresee_statement_ids();
    }
    let settings = SessionSettings {
        collation: bridge.collation.clone(),
        database: bridge.database.clone(),
        allow_writes: bridge.allow_writes,
        is_rds_proxy: bridge.is_rds_proxy(),
        is_direct: bridge.is_direct,
    };
    connection
        .set_up(settings)
        .instrument(debug_span!("session"))
        .await?;
    Ok(connection)
}
