//! Requests to the admin address of a proxy.

use std::io;
use std::net::SocketAddr;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// A request to the address that [`Admin`](crate::Admin) serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AdminRequest {
    /// Whether the proxy accepts clients.
    Startup,
    /// Drain and end.
    Quit,
}

impl AdminRequest {
    /// Sends the request, and returns the HTTP status of the answer: 200 for success.
    ///
    /// # Errors
    ///
    /// No proxy answers at the address.
    pub async fn send(self, address: SocketAddr) -> io::Result<u16> {
        let (method, path) = match self {
            Self::Startup => (Method::GET, "/startup"),
            Self::Quit => (Method::POST, "/quitquitquit"),
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, address.to_string())
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        let stream = TokioIo::new(TcpStream::connect(address).await?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
        let answer = async { sender.send_request(request).await.map_err(io::Error::other) };
        let driving = async {
            // Ends only after the answer.
            let _ended = connection.await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            answer = answer => Ok(answer?.status().as_u16()),
            () = driving => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}
