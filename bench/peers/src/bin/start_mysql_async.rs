//! A whole process as users write it with aws-sigv4 and mysql_async; it prints the items. `start_mysql_async PROVIDER`,
//! where the provider is `ring`, or `aws-lc-rs`, which is mysql_async's default.

use std::env;

use mysql_async::Result;
use mysql_async::prelude::Queryable;
use rds_bridge_bench_peers::contenders::mysql_async::{open, options};
use rds_bridge_bench_peers::settings::{STATEMENT, Settings};

fn main() -> Result<()> {
    let provider = match env::args().nth(1).as_deref() {
        Some("ring") => rustls::crypto::ring::default_provider(),
        Some("aws-lc-rs") => rustls::crypto::aws_lc_rs::default_provider(),
        _ => panic!("which provider?"),
    };
    provider.install_default().expect("the first");
    let settings = Settings::from_environment();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(async {
        let mut connection = open(&options(&settings), &settings).await?;
        let rows: Vec<(u64, String, String)> = connection.query(STATEMENT).await?;
        let lines: String = rows
            .iter()
            .map(|(id, name, price)| format!("{id}\t{name}\t{price}\n"))
            .collect();
        print!("{lines}");
        connection.disconnect().await
    })
}
