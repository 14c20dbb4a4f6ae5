//! A host for an application with asynchronous functions: WASI 0.3, and Spin's interface of such functions.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, Response};
use rds_bridge_guests::{p3, spin};
use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Error, Result, Store};
use wasmtime_wasi_http::default_hooks;
use wasmtime_wasi_http::p3::Request as WasiRequest;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::host::State;

pub(crate) fn load(engine: &Engine, app: &Component) -> Result<ServicePre<State>> {
    let mut linker = Linker::<State>::new(engine);
    // The application's world also has the functions of WASI 0.2.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    p3::spin::add_to_linker(&mut linker, |state| &mut state.rds)?;
    spin::add_traps_to_linker(&mut linker, app)?;
    ServicePre::new(linker.instantiate_pre(app)?)
}

pub(crate) async fn get(
    app: &ServicePre<State>,
    store: &mut Store<State>,
    uri: &str,
) -> Result<Response<Bytes>> {
    let request = Request::get(uri).body(Empty::<Bytes>::new())?;
    let (request, _sent) = WasiRequest::from_http(default_hooks(), request);
    let app = app.instantiate_async(&mut *store).await?;
    let handling = store.run_concurrent(async |store| {
        let response = app.handle(store, request).await??;
        let response = store.with(|store| response.into_http(store, async { Ok(()) }))?;
        // The application writes the body while it is read.
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok::<_, Error>(Response::from_parts(head, body))
    });
    handling.await?
}
