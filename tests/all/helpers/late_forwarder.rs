//! What stands before a server that resumes: it takes connections, and the server greets some time later.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Hangs up at first; later it passes each connection on, some time after it has come.
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
