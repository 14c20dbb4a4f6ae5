//! The gateway's peers in Rust: `gateway_peer echo` answers with the body of the request; `gateway_peer axum` selects a
//! row with axum and sqlx, and `gateway_peer axum-without-ping` does so without testing a connection before each use.
//! The first line that it prints is its address.

use std::env;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt;
use axum::{Json, Router};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rds_bridge_bench_peers::latency::BOUND;
use rds_bridge_bench_peers::settings::Settings;
use serde::{Deserialize, Serialize};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions, MySqlSslMode};
use sqlx::{MySqlPool, Row};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    let ring = rustls::crypto::ring::default_provider();
    ring.install_default().expect("the first of the process");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    match env::args().nth(1).as_deref() {
        Some("echo") => {
            println!("{address}");
            echo(listener).await;
        }
        Some("axum") => serve(listener, true).await,
        Some("axum-without-ping") => serve(listener, false).await,
        other => panic!("unknown peer: {other:?}"),
    }
}

async fn echo(listener: TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        stream.set_nodelay(true).expect("a socket");
        tokio::spawn(async move {
            let io = TokioIo::new(stream);
            let served = http1::Builder::new().serve_connection(io, service_fn(same));
            // The client may close the connection at any time.
            let _ended = served.await;
        });
    }
}

async fn same(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::new(body)))
}

async fn serve(listener: TcpListener, test_before_acquire: bool) {
    let settings = Settings::from_environment();
    let number = env::var("BENCH_CONNECTIONS").expect("a number");
    let number = number.parse().expect("a number");
    let options = MySqlConnectOptions::new()
        .host(&settings.address.ip().to_string())
        .port(settings.address.port())
        .username("password-user")
        .password(&env::var("BENCH_PASSWORD").expect("a password"))
        .database(&settings.database)
        .ssl_mode(MySqlSslMode::VerifyCa)
        .ssl_ca(&settings.ca_file);
    let pool = MySqlPoolOptions::new()
        .min_connections(number)
        .max_connections(number)
        .test_before_acquire(test_before_acquire)
        .connect_with(options)
        .await
        .expect("a pool");
    println!("{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/query", post(query)).with_state(pool);
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
    axum::serve(listener, router).await.expect("served");
}

#[derive(Deserialize)]
struct Query {
    parameters: [i64; 1],
}

#[derive(Serialize)]
struct Point {
    name: String,
    price: String,
}

async fn query(
    State(pool): State<MySqlPool>,
    Json(query): Json<Query>,
) -> Result<Json<Vec<Point>>, StatusCode> {
    let [id] = query.parameters;
    let rows = sqlx::query(BOUND).bind(id).fetch_all(&pool).await;
    let rows = rows.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let points = rows.iter().map(|row| Point {
        name: row.get(0),
        // A DECIMAL arrives as text, but sqlx does not allow `String` for that type unless the check is off.
        price: row.try_get_unchecked(1).expect("a DECIMAL"),
    });
    Ok(Json(points.collect()))
}
