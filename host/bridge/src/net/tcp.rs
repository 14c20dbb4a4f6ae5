//! Opening a TCP connection to the first address that accepts one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The idle time before the system sends a TCP keepalive probe. It is shorter than the 350 s after which AWS's gateways
/// drop an idle connection.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Tries the addresses in order, each for at most `limit`, and none after `end`.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
    end: Instant,
) -> Result<TcpStream, Vec<(SocketAddr, io::Error)>> {
    let mut attempts = Vec::new();
    for &address in addresses {
        if end <= Instant::now() {
            break;
        }
        let own_end = Instant::now().checked_add(limit).unwrap_or(end);
        let attempt = timeout_at(own_end.min(end), TcpStream::connect(address)).await;
        match attempt
            .unwrap_or_else(|_| Err(no_answer(limit)))
            .and_then(set_options)
        {
            Ok(stream) => return Ok(stream),
            Err(error) => attempts.push((address, error)),
        }
    }
    Err(attempts)
}

fn no_answer(limit: Duration) -> io::Error {
    let seconds = limit.as_secs_f32();
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("no response within {seconds} s"),
    )
}

fn set_options(stream: TcpStream) -> io::Result<TcpStream> {
    // A command is a single write, and its reply is awaited, so Nagle's algorithm would only delay it.
    stream.set_nodelay(true)?;
    let keep_alive = socket2::TcpKeepalive::new().with_time(KEEP_ALIVE);
    socket2::SockRef::from(&stream).set_tcp_keepalive(&keep_alive)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;

    #[tokio::test]
    async fn after_the_end_no_address_is_tried() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addresses = [listener.local_addr().unwrap(); 2];
        let limit = Duration::from_secs(60);

        let attempts = connect(&addresses, limit, Instant::now()).await;
        assert!(attempts.unwrap_err().is_empty());
        assert_eq!(
            listener.accept().unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );

        let end = Instant::now() + limit;
        connect(&addresses, limit, end).await.unwrap();
        listener.accept().unwrap();
    }
}
