//! A guest that was written for Spin, and uses its key-value store too.

mod bindings {
    wit_bindgen::generate!({ path: "wit/spin", world: "guest-with-store", generate_all });
}

use bindings::Guest;
use bindings::fermyon::spin::key_value::Store;
use bindings::fermyon::spin::mysql::Connection;
use bindings::fermyon::spin::rdbms_types::{DbValue, Error};

struct Spin;

bindings::export!(Spin with_types_in bindings);

fn select(address: &str) -> Result<bool, Error> {
    let set = Connection::open(address)?.query("SELECT REPEAT('ab', 2)", &[])?;
    let value = set.rows.first().and_then(|row| row.first());
    Ok(matches!(value, Some(DbValue::Str(text)) if text == "abab"))
}

impl Guest for Spin {
    fn select(address: String) -> bool {
        select(&address).unwrap_or(false)
    }

    fn open_store(label: String) -> bool {
        Store::open(&label).is_ok()
    }
}
