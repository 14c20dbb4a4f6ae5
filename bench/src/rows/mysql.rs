//! mysql, which blocks: each row a tuple of owned values.

use mysql::prelude::{Protocol as Encoding, Queryable};
use mysql::{Conn, OptsBuilder, QueryResult, Result, SslOpts};

use super::mysql_async::fields;
use super::{Protocol, RowReader, STATEMENT, Totals};
use crate::contenders::mysql_async::MAX_ALLOWED_PACKET;
use crate::settings::Settings;
use crate::sign::sdk;

pub struct MysqlRows {
    connection: Conn,
}

impl MysqlRows {
    pub fn open(settings: &Settings) -> Self {
        let tls = SslOpts::default()
            .with_root_cert_path(Some(settings.ca_file.clone()))
            // It has no way to name the server other than by what it connects to.
            .with_danger_skip_domain_validation(true);
        let opts = OptsBuilder::new()
            .ip_or_hostname(Some(settings.address.ip().to_string()))
            .tcp_port(settings.address.port())
            .user(Some(&settings.user))
            .pass(Some(sdk::token(settings)))
            .db_name(Some(&settings.database))
            .ssl_opts(tls)
            .prefer_socket(false)
            .enable_cleartext_plugin(true)
            .max_allowed_packet(Some(MAX_ALLOWED_PACKET));
        let connection = Conn::new(opts).expect("a connection");
        Self { connection }
    }
}

impl RowReader for MysqlRows {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn read(&mut self, protocol: Protocol) -> Totals {
        let connection = &mut self.connection;
        let totals = match protocol {
            Protocol::Text => connection.query_iter(STATEMENT).and_then(total),
            Protocol::Binary => connection.exec_iter(STATEMENT, ()).and_then(total),
        };
        totals.expect("rows")
    }
}

fn total<P: Encoding>(result: QueryResult<'_, '_, '_, P>) -> Result<Totals> {
    let mut totals = Totals::default();
    for row in result {
        totals.add(&fields(&mysql::from_row(row?)));
    }
    Ok(totals)
}
