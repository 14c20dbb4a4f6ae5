//! An HTTP client that sends one request after the other on one connection.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

pub struct Client {
    sender: SendRequest<Full<Bytes>>,
    host: String,
}

impl Client {
    pub async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.expect("a connection");
        tokio::spawn(connection);
        Self {
            sender,
            host: address.to_string(),
        }
    }

    /// Posts JSON, and returns the response before its body.
    pub async fn post(&mut self, path: &str, accept: &str, body: String) -> Response<Incoming> {
        let request = Request::post(path)
            .header("host", &self.host)
            .header("content-type", "application/json")
            .header("accept", accept)
            .body(Full::new(Bytes::from(body)))
            .expect("a request");
        self.sender.ready().await.expect("an open connection");
        let response = self.sender.send_request(request).await;
        response.expect("a response")
    }

    /// Posts JSON, and returns the body of a successful response.
    pub async fn post_for_body(&mut self, path: &str, body: String) -> Bytes {
        let response = self.post(path, "application/json", body).await;
        let status = response.status();
        let body = response.into_body().collect().await.expect("a body");
        let body = body.to_bytes();
        let text = String::from_utf8_lossy(&body);
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        body
    }
}
