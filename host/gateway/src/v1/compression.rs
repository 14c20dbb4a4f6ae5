//! Compresses responses for clients that accept it: whole ones, and streams piece by piece.

use std::io::Write;

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::task::spawn_blocking;

/// A shorter body fits one packet with its head, compressed or not.
const SHORTEST: usize = 1024;

/// The body in the encoding of the response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Encoded {
    Plain(Bytes),
    Gzip(Vec<u8>),
}

/// Compresses a body, if the client accepts that and the body is long enough. It takes a thread, so that other requests
/// are not held up.
pub(super) async fn encode(headers: &HeaderMap, body: Bytes) -> Encoded {
    if body.len() < SHORTEST || !accepts_gzip(headers) {
        return Encoded::Plain(body);
    }
    let plain = body.clone();
    let compressed = spawn_blocking(move || gzip(&plain)).await;
    match compressed {
        Ok(Ok(compressed)) => Encoded::Gzip(compressed),
        // Writing to memory does not fail.
        _ => Encoded::Plain(body),
    }
}

/// Compresses the pieces of a stream. Each piece can be read when it has arrived.
pub(super) struct Stream(GzEncoder<Vec<u8>>);

impl Stream {
    /// For a client that accepts it.
    pub(super) fn accepted_by(headers: &HeaderMap) -> Option<Self> {
        accepts_gzip(headers).then(|| Self(GzEncoder::new(Vec::new(), Compression::fast())))
    }

    pub(super) fn piece(&mut self, plain: &[u8]) -> Bytes {
        // Writing to memory does not fail.
        let _written = self.0.write_all(plain).and_then(|()| self.0.flush());
        std::mem::take(self.0.get_mut()).into()
    }

    /// The end, which a stream that is broken off does not have.
    pub(super) fn end(self) -> Bytes {
        self.0.finish().unwrap_or_default().into()
    }
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body)?;
    encoder.finish()
}

/// Source: RFC 9110, "Accept-Encoding". A client without the header gets the body as it is.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut accepted = None;
    let mut others = false;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for coding in value.to_str().unwrap_or_default().split(',') {
            let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
            let quality = quality.trim().trim_start_matches(['q', 'Q']).trim();
            let quality = quality.strip_prefix('=').map(|it| it.trim().parse());
            let is_accepted = match quality {
                None => true,
                Some(quality) => quality.is_ok_and(|quality: f32| quality > 0.0),
            };
            match name.trim().to_ascii_lowercase().as_str() {
                "gzip" | "x-gzip" => accepted = Some(is_accepted),
                "*" => others = is_accepted,
                _ => {}
            }
        }
    }
    accepted.unwrap_or(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_piece_can_be_read_when_it_has_arrived() {
        let mut headers = HeaderMap::new();
        assert!(Stream::accepted_by(&headers).is_none());
        headers.append(ACCEPT_ENCODING, "gzip".parse().unwrap());
        let mut stream = Stream::accepted_by(&headers).unwrap();
        let mut decoder = flate2::write::GzDecoder::new(Vec::new());
        for piece in [&b"one\n"[..], b"two\n", &[b'x'; 100_000]] {
            let compressed = stream.piece(piece);
            decoder.write_all(&compressed).unwrap();
            decoder.flush().unwrap();
            assert_eq!(std::mem::take(decoder.get_mut()), piece);
        }
        // What has no end is no gzip file.
        assert!(decoder.try_finish().is_err());
    }

    #[test]
    fn what_clients_say() {
        for (accept, expected) in [
            ("gzip", true),
            ("GZIP;q=0.5, br", true),
            ("br, gzip ; q=1", true),
            ("*", true),
            ("*, gzip;q=0", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000", false),
            ("identity", false),
            ("*;q=0, gzip", true),
            ("gzip;q=x", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(ACCEPT_ENCODING, accept.parse().unwrap());
            assert_eq!(accepts_gzip(&headers), expected, "{accept}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
