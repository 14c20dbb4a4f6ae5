//! The guest of the example in `host/guests`: it lists the items of the database that it is told.

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit/mysql", "wit/report"],
        world: "example:report/guest",
        generate_all,
    });
}

use bindings::Guest;
use bindings::rds::mysql::client;
use bindings::rds::mysql::types::{Error, Value};

struct Report;

bindings::export!(Report with_types_in bindings);

impl Guest for Report {
    fn report(database: String) -> Result<String, String> {
        items(&database).map_err(|error| format!("{error:?}"))
    }
}

fn items(database: &str) -> Result<String, Error> {
    let connection = client::open(database)?;
    let rows = connection.query("SELECT name FROM items WHERE id > ?", &[Value::Int(0)])?;
    let mut list = String::new();
    loop {
        let batch = rows.next(100)?;
        if batch.is_empty() {
            return Ok(list);
        }
        for row in batch {
            if let [Value::Text(name)] = row.as_slice() {
                list += name;
                list += "\n";
            }
        }
    }
}
