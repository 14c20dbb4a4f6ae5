//! Opening a TCP connection to the first address that accepts one.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// The longest idle time before the system sends a TCP keepalive probe. It is shorter than the 350 s after which AWS's
/// gateways drop an idle connection.
const LONGEST_IDLE: Duration = Duration::from_secs(60);
/// How many probes a dead peer gets after the first one.
const LATER_PROBES: u32 = 2;
/// Those and the first one.
const PROBES: u64 = 3;

/// Tries the addresses in order, each for at most `limit`, and none after `end`. A peer that has vanished is noticed
/// after `user_timeout`.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    limit: Duration,
    end: Instant,
    user_timeout: Duration,
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
            .and_then(|stream| set_options(stream, user_timeout))
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

fn set_options(stream: TcpStream, user_timeout: Duration) -> io::Result<TcpStream> {
    // A command is a single write, and its reply is awaited, so Nagle's algorithm would only delay it.
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    let (idle, interval) = probes(user_timeout);
    let keep_alive = TcpKeepalive::new().with_time(idle).with_interval(interval);
    #[cfg(unix)]
    let keep_alive = keep_alive.with_retries(LATER_PROBES);
    socket.set_tcp_keepalive(&keep_alive)?;
    // It limits how long bytes remain unacknowledged, and how long the probes do. Elsewhere the probes alone decide.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(user_timeout))?;
    Ok(stream)
}

/// The idle time before the first probe, and the interval between probes: the last one of a dead peer falls due at the
/// limit, or earlier if that is more than 3 minutes. The system counts in seconds.
fn probes(limit: Duration) -> (Duration, Duration) {
    let second = Duration::from_secs(1);
    let interval = limit.as_secs().checked_div(PROBES).unwrap_or_default();
    let interval = Duration::from_secs(interval).clamp(second, LONGEST_IDLE);
    let idle = limit.saturating_sub(interval.saturating_mul(LATER_PROBES));
    (idle.clamp(second, LONGEST_IDLE), interval)
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

        let attempts = connect(&addresses, limit, Instant::now(), limit).await;
        assert!(attempts.unwrap_err().is_empty());
        assert_eq!(
            listener.accept().unwrap_err().kind(),
            io::ErrorKind::WouldBlock
        );

        let end = Instant::now() + limit;
        connect(&addresses, limit, end, limit).await.unwrap();
        listener.accept().unwrap();
    }

    #[test]
    fn the_last_probe_falls_due_at_the_limit() {
        for (limit, idle, interval) in [(15, 5, 5), (30, 10, 10), (4, 2, 1), (2, 1, 1), (0, 1, 1)] {
            let found = probes(Duration::from_secs(limit));
            let expected = (Duration::from_secs(idle), Duration::from_secs(interval));
            assert_eq!(found, expected, "{limit} s");
        }
        assert_eq!(probes(Duration::MAX), (LONGEST_IDLE, LONGEST_IDLE));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_system_knows_the_limit() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addresses = [listener.local_addr().unwrap()];
        let limit = Duration::from_secs(15);
        let end = Instant::now() + limit;
        let stream = connect(&addresses, limit, end, limit).await.unwrap();
        let socket = SockRef::from(&stream);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(limit));
        assert_eq!(socket.tcp_keepalive_time().unwrap().as_secs(), 5);
        assert_eq!(socket.tcp_keepalive_interval().unwrap().as_secs(), 5);
    }
}
