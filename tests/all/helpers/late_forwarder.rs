//! A proxy as in front of a serverless cluster that resumes: it accepts connections, and the server's greeting follows
//! later.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Starts a proxy. It closes connections at once until `passes` is set; from then on it forwards each connection after
/// a delay of `after`.
pub(crate) fn forward(target: SocketAddr, passes: Arc<AtomicBool>, after: Duration) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if passes.load(Ordering::SeqCst) {
                thread::spawn(move || {
                    thread::sleep(after);
                    let server = TcpStream::connect(target).unwrap();
                    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                    thread::spawn(move || copy(from, to));
                    copy(server, client);
                });
            }
        }
    });
    address
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _over = io::copy(&mut from, &mut to).and_then(|_| to.flush());
    let _over = to.shutdown(Shutdown::Write);
}
