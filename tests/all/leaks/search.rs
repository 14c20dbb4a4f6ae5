//! The search for secrets finds every form of them.

use rds_bridge_test_support::server::PASSWORD;

use crate::helpers::secret_forms::{SESSION_TOKEN, percent_encoded, search, signature};

#[test]
fn the_search_finds_what_is_there() {
    for plant in [
        SESSION_TOKEN.to_owned(),
        format!(
            "DSN mysql://u:{}@h",
            percent_encoded(&percent_encoded(SESSION_TOKEN))
        ),
        format!("{:?}", PASSWORD.as_bytes()),
        signature(),
        signature()[..32].to_owned(),
    ] {
        let text = format!("x {plant} x");
        let found = std::panic::catch_unwind(|| search("a plant", &text));
        assert!(found.is_err(), "{plant}");
    }
    search("nothing", "no secret in it");
}
