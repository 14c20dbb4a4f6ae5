//! Tests against rustls's buffered API, with bytes that arrive in pieces of any length.

use std::io::ErrorKind;
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream as ServerStream;

use super::*;

const NAME: &str = "db.example.com";
/// The length of many records, above that of one write or read.
const LENGTH: usize = 300_000;

type Client = TlsStream<DuplexStream>;
type Server = ServerStream<DuplexStream>;

fn configs(version: &'static SupportedProtocolVersion) -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let issued = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
    let key = issued.signing_key.serialize_der().try_into().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(issued.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![issued.cert.der().clone()], key)
        .unwrap();
    (Arc::new(client), Arc::new(server))
}

/// Connects a client to a server over a stream that carries `piece` bytes at once. The server runs in a task.
async fn connected<T: 'static>(
    version: &'static SupportedProtocolVersion,
    piece: usize,
    serve: impl AsyncFnOnce(Server) -> T + 'static,
) -> (Client, impl Future<Output = T>) {
    let (client, server) = configs(version);
    let (ours, theirs) = duplex(piece);
    let accept = TlsAcceptor::from(server).accept(theirs);
    let served = async move { serve(accept.await.unwrap()).await };
    let local = tokio::task::spawn_local(served);
    let name = ServerName::try_from(NAME).unwrap();
    let mut client = TlsStream::connect(client, name, Vec::new(), ours)
        .await
        .unwrap();
    client.flush().await.unwrap();
    (client, async { local.await.unwrap() })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    tokio::task::LocalSet::new().block_on(&runtime.unwrap(), future)
}

fn pattern() -> Vec<u8> {
    (0..=250).cycle().take(LENGTH).collect()
}

#[test]
fn what_is_sent_comes_back_in_any_split() {
    for version in [&TLS12, &TLS13] {
        for piece in [701, 5000, 1 << 20] {
            block_on(async {
                let (mut client, served) = connected(version, piece, async |mut server| {
                    let mut all = vec![0; LENGTH];
                    server.read_exact(&mut all).await.unwrap();
                    server.write_all(&all).await.unwrap();
                    server.shutdown().await.unwrap();
                })
                .await;
                client.write_all(&pattern()).await.unwrap();
                client.flush().await.unwrap();
                let mut back = Vec::<u8>::new();
                // A buffer shorter than a record: the rest of the record is kept.
                let mut small = [0; 1000];
                loop {
                    match client.read(&mut small).await.unwrap() {
                        0 => break,
                        read => back.extend(&small[..read]),
                    }
                }
                assert!(back == pattern());
                served.await;
                // Every further read returns the end.
                assert_eq!(client.read(&mut small).await.unwrap(), 0);
            });
        }
    }
}

#[test]
fn keys_are_updated_from_both_sides() {
    block_on(async {
        let (mut client, served) = connected(&TLS13, 1 << 16, async |mut server| {
            for _ in 0..3 {
                // This also requests a key update of the peer.
                server.get_mut().1.refresh_traffic_keys().unwrap();
                server.write_all(b"ping").await.unwrap();
                server.flush().await.unwrap();
                let mut pong = [0; 4];
                server.read_exact(&mut pong).await.unwrap();
                assert_eq!(&pong, b"pong");
            }
        })
        .await;
        for _ in 0..3 {
            let mut ping = [0; 4];
            client.read_exact(&mut ping).await.unwrap();
            assert_eq!(&ping, b"ping");
            client.write_all(b"pong").await.unwrap();
            client.flush().await.unwrap();
        }
        served.await;
    });
}

#[test]
fn an_end_without_the_word_for_it_is_an_error() {
    block_on(async {
        let (mut client, served) = connected(&TLS13, 1 << 16, async |mut server| {
            server.write_all(b"cut").await.unwrap();
            server.flush().await.unwrap();
        })
        .await;
        served.await;
        let mut all = Vec::new();
        let error = client.read_to_end(&mut all).await.unwrap_err();
        assert_eq!(
            (error.kind(), &*all),
            (ErrorKind::UnexpectedEof, &b"cut"[..])
        );
    });
}

#[test]
fn what_was_changed_on_the_way_is_an_error_that_stays_and_the_peer_is_told() {
    block_on(async {
        let (mut client, served) = connected(&TLS13, 1 << 16, async |mut server| {
            server.write_all(b"good").await.unwrap();
            server.flush().await.unwrap();
            let (io, _) = server.get_mut();
            let record = [b"\x17\x03\x03\x00\x20", &[0x55; 32][..]].concat();
            io.write_all(&[record.clone(), record].concat())
                .await
                .unwrap();
            server.read(&mut [0; 10]).await.unwrap_err()
        })
        .await;
        let mut good = [0; 4];
        client.read_exact(&mut good).await.unwrap();
        for _ in 0..2 {
            let error = client.read(&mut good).await.unwrap_err();
            let inner = error.get_ref().unwrap().downcast_ref();
            assert_eq!(inner, Some(&rustls::Error::DecryptError));
            assert!(client.write_all(b"more").await.is_err());
        }
        let told = served.await.to_string();
        assert!(told.contains("BadRecordMac"), "{told}");
    });
}

#[test]
fn our_end_is_said_in_one_write_with_what_came_before() {
    block_on(async {
        let (mut client, served) = connected(&TLS13, 1 << 16, async |mut server| {
            let mut all = Vec::new();
            server.read_to_end(&mut all).await.map(|_| all)
        })
        .await;
        client.put(b"good-bye").unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(served.await.unwrap(), b"good-bye");
    });
}
