//! A proxy in front of a server that cuts a connection at a chosen point of the conversation.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::thread;

use rds_bridge_test_support::acceptor::Acceptor;

/// What the server still gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The client's bytes are not forwarded.
    Before,
    /// They are, and the server's reply is not.
    After,
}

/// Forwards to a server until [`Self::cut_at`].
pub(crate) struct CuttingRelay {
    acceptor: Acceptor,
    plan: Arc<Plan>,
}

#[derive(Default)]
struct Plan {
    /// How many times the client is still forwarded; negative when nothing is cut.
    left: AtomicIsize,
    cuts_after: AtomicBool,
    has_cut: AtomicBool,
}

impl CuttingRelay {
    pub(crate) fn start(server: SocketAddr) -> Self {
        let plan = Arc::new(Plan::default());
        plan.left.store(-1, Ordering::SeqCst);
        let followed = Arc::clone(&plan);
        let acceptor = Acceptor::start(move |client| {
            let server = TcpStream::connect(server).unwrap();
            let _ended = relay(&client, &server, &followed);
            let _closed = client.shutdown(Shutdown::Both);
            let _closed = server.shutdown(Shutdown::Both);
        });
        Self { acceptor, plan }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.acceptor.address()
    }

    /// Cuts the connection on which the client sends for the time of this number, counted from 0 over all connections.
    pub(crate) fn cut_at(&self, number: isize, cut: Cut) {
        self.plan.has_cut.store(false, Ordering::SeqCst);
        self.plan
            .cuts_after
            .store(cut == Cut::After, Ordering::SeqCst);
        self.plan.left.store(number, Ordering::SeqCst);
    }

    /// Cuts nothing from now on. Returns whether a connection was cut.
    pub(crate) fn stop(&self) -> bool {
        self.plan.left.store(-1, Ordering::SeqCst);
        self.plan.has_cut.load(Ordering::SeqCst)
    }
}

impl Plan {
    /// Whether the client's next bytes are those at which the connection is cut.
    fn is_over(&self) -> bool {
        let is_over = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                (left >= 0).then(|| left - 1)
            })
            == Ok(0);
        if is_over {
            self.has_cut.store(true, Ordering::SeqCst);
        }
        is_over
    }
}

fn relay(mut client: &TcpStream, mut server: &TcpStream, plan: &Plan) -> io::Result<()> {
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let is_mute = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ended = replies(server, client, &is_mute);
            let _closed = client.shutdown(Shutdown::Both);
            let _closed = server.shutdown(Shutdown::Both);
        });
        let mut buffer = [0; 16 << 10];
        loop {
            let length = client.read(&mut buffer)?;
            let is_over = plan.is_over();
            if is_over && plan.cuts_after.load(Ordering::SeqCst) {
                is_mute.store(true, Ordering::SeqCst);
                server.write_all(&buffer[..length])?;
                // The thread closes both when the reply has come.
                return Ok(());
            }
            if is_over || length == 0 {
                let _closed = client.shutdown(Shutdown::Both);
                let _closed = server.shutdown(Shutdown::Both);
                return Ok(());
            }
            server.write_all(&buffer[..length])?;
        }
    })
}

/// Forwards replies, until they are not to be heard.
fn replies(mut server: &TcpStream, mut client: &TcpStream, is_mute: &AtomicBool) -> io::Result<()> {
    let mut buffer = [0; 16 << 10];
    loop {
        let length = server.read(&mut buffer)?;
        if length == 0 || is_mute.load(Ordering::SeqCst) {
            return Ok(());
        }
        client.write_all(&buffer[..length])?;
    }
}
