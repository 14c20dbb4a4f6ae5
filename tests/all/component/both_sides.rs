//! The client's and the server's side of the connection phase talk to each other, and agree.

use proptest::collection::vec;
use proptest::prelude::*;
use rds_bridge_component::handshake::{Auth, ClientHandshake, Config, Session, Step as ClientStep};
use rds_bridge_component::packet::CapabilityFlags;
use rds_bridge_component::secret_string::SecretString;
use rds_bridge_component::server_handshake::{
    Error, HandshakeResponse, Identity, ServerHandshake, Step as ServerStep, TlsPolicy,
};
use rds_bridge_exercise::SCRAMBLE;
use sha2::{Digest, Sha256};

const OK: &[u8] = b"\0\0\0\x02\0\0\0";
/// `COMPRESS`, `ZSTD_COMPRESSION_ALGORITHM` and `MULTI_FACTOR_AUTHENTICATION`.
const UNSUPPORTED: u32 = 0x1400_0020;
/// The flags of the connection phase, which both sides decide themselves.
const CONNECTION_PHASE: u32 = 0x0038_8A08;

/// What the client is configured with.
#[derive(Clone, Debug)]
struct Client {
    user: String,
    database: Option<String>,
    attributes: Vec<(String, String)>,
    character_set: u8,
    capabilities: u32,
    mariadb_capabilities: u32,
    max_packet_size: u32,
    password: String,
}

fn client() -> impl Strategy<Value = Client> {
    let name = "[^\0]{1,64}";
    let attribute = ("[^\0]{1,30}", "[^\0]{0,300}");
    let fields = (
        name,
        prop::option::of(name),
        vec(attribute, 0..4),
        1_u8..,
        any::<u32>(),
        any::<u32>(),
        any::<u32>(),
        "[^\0]{0,40}",
    );
    fields.prop_map(
        |(user, database, attributes, character_set, flags, mariadb, size, password)| Client {
            user,
            database,
            attributes,
            character_set,
            capabilities: flags,
            mariadb_capabilities: mariadb,
            max_packet_size: size,
            password,
        },
    )
}

impl Client {
    fn config(&self) -> Config {
        Config::new(
            self.user.clone(),
            self.database.clone(),
            self.attributes.clone(),
            self.character_set.into(),
        )
        .unwrap()
        .with_capabilities(CapabilityFlags::from_bits_retain(self.capabilities))
        .with_mariadb_capabilities(self.mariadb_capabilities)
        .with_max_packet_size(self.max_packet_size)
    }

    fn auth(&self) -> Auth {
        Auth::Password(SecretString::new(self.password.clone()))
    }
}

fn server(capabilities: u32, mariadb_capabilities: u32) -> ServerHandshake {
    let identity = Identity {
        server_version: "8.0.39".to_owned(),
        connection_id: 7,
        capabilities: CapabilityFlags::from_bits_retain(capabilities),
        mariadb_capabilities,
        character_set: 255,
        status_flags: 2,
    };
    ServerHandshake::start(identity, SCRAMBLE, TlsPolicy::Required).unwrap()
}

/// What both sides have at the end.
struct Agreed {
    session: Session,
    response: HandshakeResponse,
    is_verified: bool,
}

/// Lets both sides talk. The server verifies the password's hash, switching to `caching_sha2_password` if the client
/// did not respond to it, and accepts the client in any case.
fn talk(
    client: &mut ClientHandshake,
    server: &mut ServerHandshake,
    auth: Auth,
    stored: &[u8; 32],
) -> Agreed {
    let mut auth = Some(auth);
    let mut to_client = Vec::new();
    let mut response = None;
    let mut is_verified = false;
    let mut server_step = server.receive(&[]).unwrap();
    loop {
        // The client's turn: it reads what the server wrote.
        let mut to_server = Vec::new();
        let mut client_step = client.receive(&std::mem::take(&mut to_client)).unwrap();
        loop {
            client_step = match client_step {
                ClientStep::Read => break,
                ClientStep::Write(bytes) => {
                    to_server.extend_from_slice(bytes.expose());
                    client.receive(&[]).unwrap()
                }
                ClientStep::StartTls(bytes) => {
                    let step = server.receive(&bytes).unwrap();
                    assert!(matches!(step, ServerStep::StartTls));
                    server.tls_established().unwrap();
                    server_step = server.receive(&[]).unwrap();
                    client.tls_established(auth.take().unwrap()).unwrap()
                }
                ClientStep::Ready(session) => {
                    return Agreed {
                        session,
                        response: response.unwrap(),
                        is_verified,
                    };
                }
            };
        }
        // The server's turn.
        if matches!(server_step, ServerStep::Read) && !to_server.is_empty() {
            server_step = server.receive(&to_server).unwrap();
        }
        server_step = match server_step {
            ServerStep::Read => ServerStep::Read,
            ServerStep::Write(bytes) => {
                to_client.extend(bytes);
                server.receive(&[]).unwrap()
            }
            ServerStep::Authenticate(received) => {
                let has_responded = received.auth_response.expose().len() == 32;
                response = Some(*received);
                if has_responded {
                    is_verified = server.verify_caching_sha2(stored).unwrap();
                    to_client.extend(server.finish(OK).unwrap());
                } else {
                    let plugin = "caching_sha2_password";
                    to_client.extend(server.switch_plugin(plugin, SCRAMBLE).unwrap());
                }
                ServerStep::Read
            }
            ServerStep::PluginResponse(_) => {
                is_verified = server.verify_caching_sha2(stored).unwrap();
                to_client.extend(server.finish(OK).unwrap());
                ServerStep::Read
            }
            ServerStep::StartTls => panic!("TLS was started"),
        };
    }
}

fn stored(password: &str) -> [u8; 32] {
    Sha256::digest(Sha256::digest(password)).into()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn they_agree(client in client(), capabilities in any::<u32>(), mariadb in any::<u32>(), is_right in any::<bool>()) {
        let mut handshake = ClientHandshake::new(client.config()).unwrap();
        let mut server = server(capabilities, mariadb);
        let stored = if is_right { stored(&client.password) } else { stored("\0") };
        let Agreed { session, response, is_verified } =
            talk(&mut handshake, &mut server, client.auth(), &stored);

        prop_assert_eq!(session.capabilities, response.capabilities);
        prop_assert_eq!(response.client_capabilities, response.capabilities);
        let command_phase = !(UNSUPPORTED | CONNECTION_PHASE);
        let expected = client.capabilities & capabilities & command_phase;
        prop_assert_eq!(response.capabilities.bits() & command_phase, expected);
        prop_assert_eq!(response.capabilities.bits() & UNSUPPORTED, 0);
        let is_mariadb = capabilities & 1 == 0;
        let expected = if is_mariadb { client.mariadb_capabilities & mariadb } else { 0 };
        prop_assert_eq!(session.mariadb_capabilities, expected);
        prop_assert_eq!(response.mariadb_capabilities, expected);
        prop_assert_eq!(response.user, client.user);
        prop_assert_eq!(response.database, client.database);
        prop_assert_eq!(response.connection_attributes, client.attributes);
        prop_assert_eq!(response.max_packet_size, client.max_packet_size);
        prop_assert_eq!(response.character_set, u16::from(client.character_set));
        prop_assert!(response.is_tls);
        prop_assert_eq!(session.ok_packet, OK);
        // An empty password proves nothing.
        prop_assert_eq!(is_verified, is_right && !client.password.is_empty());
    }

    #[test]
    fn they_agree_on_another_user(client in client(), character_set in 1_u16.., mariadb in any::<u32>()) {
        let session = CapabilityFlags::from_bits_retain(client.capabilities | CONNECTION_PHASE);
        let config = Config::new(
            client.user.clone(),
            client.database.clone(),
            client.attributes.clone(),
            character_set,
        )
        .unwrap();
        let mut handshake =
            ClientHandshake::change_user(config, session, mariadb, client.auth()).unwrap();
        let ClientStep::Write(command) = handshake.receive(&[]).unwrap() else {
            panic!("no command");
        };
        let command = command.expose();
        prop_assert_eq!(command[3], 0);
        let mut server =
            ServerHandshake::change_user(&command[4..], session, mariadb, SCRAMBLE, true).unwrap();
        let Agreed { session: ready, response, is_verified } =
            talk(&mut handshake, &mut server, client.auth(), &stored(&client.password));

        prop_assert_eq!(ready.capabilities, session);
        prop_assert_eq!(ready.mariadb_capabilities, mariadb);
        prop_assert_eq!(ready.character_set, character_set);
        prop_assert_eq!(response.user, client.user);
        prop_assert_eq!(response.database, client.database);
        prop_assert_eq!(response.connection_attributes, client.attributes);
        prop_assert_eq!(response.character_set, character_set);
        prop_assert_eq!(is_verified, !client.password.is_empty());
    }
}

/// A token leaves the client only as the answer to `mysql_clear_password`, and of a change of user, too.
#[test]
fn a_token_for_another_user() {
    let session = CapabilityFlags::from_bits_retain(CONNECTION_PHASE);
    let config = Config::new("reader".to_owned(), None, Vec::new(), 45).unwrap();
    let token = Auth::IamToken(SecretString::new("token".to_owned()));
    let mut client = ClientHandshake::change_user(config, session, 0, token).unwrap();
    let ClientStep::Write(command) = client.receive(&[]).unwrap() else {
        panic!("no command");
    };
    let command = command.expose().to_vec();
    assert!(
        !command
            .windows(5)
            .any(|five| five == b"token" || five == b"clear")
    );
    let mut server =
        ServerHandshake::change_user(&command[4..], session, 0, SCRAMBLE, true).unwrap();
    let step = server.receive(&[]).unwrap();
    assert!(
        matches!(step, ServerStep::Authenticate(response) if response.auth_response.expose().is_empty())
    );
    let switch = server.switch_plugin("mysql_clear_password", b"").unwrap();
    let ClientStep::Write(answer) = client.receive(&switch).unwrap() else {
        panic!("no answer");
    };
    let step = server.receive(answer.expose()).unwrap();
    assert!(matches!(step, ServerStep::PluginResponse(answer) if answer.expose() == b"token\0"));
    assert!(matches!(
        client.receive(&server.finish(OK).unwrap()),
        Ok(ClientStep::Ready(_))
    ));
}

/// The client's side requires TLS, so a server that offers none gets nothing from it.
#[test]
fn a_server_without_tls() {
    let identity = rds_bridge_exercise::identity();
    let mut server = ServerHandshake::start(identity, SCRAMBLE, TlsPolicy::None).unwrap();
    let ServerStep::Write(greeting) = server.receive(&[]).unwrap() else {
        panic!("no packet");
    };
    let config = Config::new("reader".to_owned(), None, Vec::new(), 45).unwrap();
    let mut client = ClientHandshake::new(config).unwrap();
    let error = client.receive(&greeting).unwrap_err();
    assert_eq!(error, rds_bridge_component::handshake::Error::TlsNotOffered);
    let request = [&[32, 0, 0, 1][..], &[0, 0x8A, 8, 0], &[0; 28]].concat();
    assert_eq!(server.receive(&request).unwrap_err(), Error::TlsNotOffered);
}
