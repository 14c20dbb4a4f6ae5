//! A Wasmtime host for an application that was built for Spin: WASI, HTTP, and one database.

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::{Request, Response};
use rds_bridge_guests::{RdsCtx, Tenant, spin};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Error, Result, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::{ProxyPre, http::types::Scheme};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};

pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    pub(crate) rds: RdsCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (ctx, table) = (&mut self.wasi, &mut self.table);
        WasiCtxView { ctx, table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        // With these hooks, the application may send requests to any address.
        let (ctx, table, hooks) = (&mut self.http, &mut self.table, default_hooks());
        WasiHttpCtxView { ctx, table, hooks }
    }
}

pub(crate) fn load(engine: &Engine, app: &Component) -> Result<ProxyPre<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    spin::add_to_linker(&mut linker, |state| &mut state.rds)?;
    // The other interfaces of Spin: an application that calls one of them traps.
    spin::add_traps_to_linker(&mut linker, app)?;
    ProxyPre::new(linker.instantiate_pre(app)?)
}

pub(crate) fn store(engine: &Engine, tenant: &Tenant) -> Store<State> {
    let state = State {
        wasi: WasiCtx::default(),
        http: WasiHttpCtx::new(),
        table: ResourceTable::new(),
        rds: RdsCtx::new(tenant).spin_address("127.0.0.1:3306/spin_dev", "orders"),
    };
    Store::new(engine, state)
}

pub(crate) async fn get(
    app: &ProxyPre<State>,
    store: &mut Store<State>,
    uri: &str,
) -> Result<Response<Bytes>> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    let request = Request::get(uri).body(Empty::<Bytes>::new())?;
    let mut http = store.data_mut().http();
    let request = http.new_incoming_request(Scheme::Http, request)?;
    let out = http.new_response_outparam(sender)?;
    let handle = async {
        let app = app.instantiate_async(&mut *store).await?;
        let handler = app.wasi_http_incoming_handler();
        handler.call_handle(&mut *store, request, out).await
    };
    // The application writes the body while it is read.
    let response = async {
        let (head, body) = answer.await??.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok::<_, Error>(Response::from_parts(head, body))
    };
    Ok(tokio::try_join!(handle, response)?.1)
}
