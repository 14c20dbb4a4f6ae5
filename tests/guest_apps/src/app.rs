//! An application, with or without asynchronous functions, and its host.

use hyper::Response;
use hyper::body::Bytes;
use wasmtime::component::Component;
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::host::State;
use crate::{host, host_async};

pub(crate) enum App {
    Plain(ProxyPre<State>),
    Async(ServicePre<State>),
}

impl App {
    pub(crate) fn load(engine: &Engine, app: &Component) -> Result<Self> {
        let handler = app.get_export_index(None, "wasi:http/handler@0.3.0");
        Ok(match handler.is_some() {
            true => Self::Async(host_async::load(engine, app)?),
            false => Self::Plain(host::load(engine, app)?),
        })
    }

    /// Sends a request to the application, in a new instance.
    pub(crate) async fn get(&self, store: &mut Store<State>, uri: &str) -> Result<Response<Bytes>> {
        match self {
            Self::Plain(app) => host::get(app, store, uri).await,
            Self::Async(app) => host_async::get(app, store, uri).await,
        }
    }
}
