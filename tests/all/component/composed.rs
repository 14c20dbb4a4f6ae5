//! The component inside another one: a guest that imports `rds:bridge/presign` is composed with it, and signs without
//! any help of its host.

use std::{env, fs};

use rds_bridge::component::COMPONENT;
use serde_json::Value;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};
use wasmtime::component::{Component, Linker, TypedFunc};
use wasmtime::{Engine, Store};

use crate::helpers::vectors;

const PRESIGN: &str = "rds:bridge/presign@0.2.0";

type Credentials<'a> = (&'a str, &'a str, Option<&'a str>, Option<u64>);
type Request<'a> = (&'a str, u16, &'a str, &'a str);
type Lifetime = (u64, u32);
type Sign<'a> = TypedFunc<(Credentials<'a>, Request<'a>, Lifetime), (Result<String, String>,)>;

/// One component from two: the guest's import is the other's export.
fn compose(guest: Vec<u8>) -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let mut instantiate = |name, bytes| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).unwrap();
        let package = graph.register_package(package).unwrap();
        graph.instantiate(package)
    };
    let signer = instantiate("rds:bridge", COMPONENT.to_vec());
    let guest = instantiate("example:signer", guest);
    let presign = graph.alias_instance_export(signer, PRESIGN).unwrap();
    graph
        .set_instantiation_argument(guest, PRESIGN, presign)
        .unwrap();
    let sign = graph.alias_instance_export(guest, "sign").unwrap();
    graph.export(sign, "sign").unwrap();
    graph.encode(EncodeOptions::default()).unwrap()
}

fn text<'a>(vector: &'a Value, group: &str, name: &str) -> &'a str {
    vector[group][name].as_str().unwrap()
}

fn number(vector: &Value, group: &str, name: &str) -> u64 {
    vector[group][name].as_u64().unwrap()
}

#[test]
fn a_guest_that_contains_it_signs_without_its_host() {
    // `./just test` sets it.
    let folder = env::var("RDS_BRIDGE_GUESTS").unwrap();
    let guest = fs::read(format!("{folder}/signer.wasm")).unwrap();
    let engine = Engine::default();
    let composed = Component::new(&engine, compose(guest)).unwrap();
    assert_eq!(composed.component_type().imports(&engine).len(), 0);
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &composed)
        .unwrap();
    let sign: Sign<'_> = instance.get_typed_func(&mut store, "sign").unwrap();

    let vectors = vectors::read("presign/vectors.json", "vectors");
    for vector in &vectors {
        let credentials = (
            text(vector, "credentials", "access-key-id"),
            text(vector, "credentials", "secret-access-key"),
            vector["credentials"]["session-token"].as_str(),
            vector["credentials"]["expires-at"].as_u64(),
        );
        let request = (
            text(vector, "request", "host"),
            number(vector, "request", "port").try_into().unwrap(),
            text(vector, "request", "region"),
            text(vector, "request", "db-user"),
        );
        let seconds = number(vector, "lifetime", "expires-in-seconds");
        let lifetime = (
            number(vector, "lifetime", "signed-at"),
            seconds.try_into().unwrap(),
        );
        let (token,) = sign
            .call(&mut store, (credentials, request, lifetime))
            .unwrap();
        assert_eq!(token.unwrap(), vector["token"], "{}", vector["name"]);
    }
    let host = ("db.example.com.", 3306, "eu-central-1", "app");
    let (refused,) = sign
        .call(&mut store, (("AKID", "secret", None, None), host, (0, 900)))
        .unwrap();
    assert!(refused.unwrap_err().contains("TrailingDot"));
}
