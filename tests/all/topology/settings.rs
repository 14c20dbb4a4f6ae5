//! Settings that a topology cannot be combined with.

use rds_bridge::topology::Aurora;
use rds_bridge::{Bridge, BridgeBuilder, ErrorKind, Role};

use crate::helpers::cluster::CLUSTER;
use crate::helpers::live::block_on;

fn builder(endpoint: &str) -> BridgeBuilder {
    let builder = Bridge::builder().endpoint(endpoint);
    builder.user("u").password("p").role(Role::Writer)
}

#[track_caller]
fn assert_refused(builder: BridgeBuilder, expected: &str) {
    let refused = block_on(builder.build()).unwrap_err();
    let ErrorKind::Setting { setting, .. } = refused.kind() else {
        panic!("{refused:?}");
    };
    assert_eq!(*setting, expected, "{refused}");
}

#[test]
fn a_topology_is_refused_where_it_cannot_be_used() {
    let aurora = |endpoint: &str| builder(endpoint).topology(Aurora::new());
    block_on(aurora(CLUSTER).build()).unwrap();
    assert_refused(aurora(CLUSTER).connect_to("localhost:13306"), "topology");
    assert_refused(
        aurora(CLUSTER).tls_server_name("db.example.com"),
        "topology",
    );
    assert_refused(aurora(CLUSTER).role(Role::Any), "topology");
    assert_refused(
        aurora("p.proxy-abc.eu-central-1.rds.amazonaws.com"),
        "topology",
    );
}

#[test]
fn a_pattern_is_needed_for_a_name_that_is_not_of_rds() {
    for endpoint in [
        "db.example.com",
        "g.global-abc.global.rds.amazonaws.com",
        "10.0.0.1",
    ] {
        assert_refused(
            builder(endpoint).topology(Aurora::new()),
            "instance_pattern",
        );
    }
    let given = builder("db.example.com").topology(Aurora::new());
    block_on(given.clone().instance_pattern("?.db.example.com").build()).unwrap();
    for wrong in ["", "?", "*.example.com", "?.com", "db.?.example.com"] {
        assert_refused(given.clone().instance_pattern(wrong), "instance_pattern");
    }
    let useless = builder(CLUSTER).instance_pattern("?.db.example.com");
    assert_refused(useless, "instance_pattern");
}
