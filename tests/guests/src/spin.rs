//! A guest that was written for Spin.

#[cfg(feature = "spin")]
mod bindings {
    wit_bindgen::generate!({ path: "wit/spin", world: "guest", generate_all });
    pub(super) use fermyon::spin::rdbms_types as types;
}

#[cfg(not(feature = "spin"))]
mod bindings {
    wit_bindgen::generate!({ path: "wit/spin_inline", world: "guest", generate_all });
    pub(super) use fermyon::spin::mysql as types;
}

use bindings::Guest;
use bindings::fermyon::spin::mysql::Connection;
use bindings::types::{Error, ParameterValue, RowSet};

struct Spin;

bindings::export!(Spin with_types_in bindings);

impl Guest for Spin {
    fn query(
        address: String,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<RowSet, Error> {
        Connection::open(&address)?.query(&statement, &params)
    }

    fn execute(
        address: String,
        statement: String,
        params: Vec<ParameterValue>,
    ) -> Result<(), Error> {
        Connection::open(&address)?.execute(&statement, &params)
    }
}
