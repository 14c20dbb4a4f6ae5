//! Resolution of an alias (CNAME) to an RDS endpoint. `getaddrinfo` cannot do this: it returns the last name of a chain
//! of aliases, and an RDS endpoint may itself be an alias of a machine's name.

use std::io;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::resolve::Resolve;
use crate::aws::region_of_endpoint;

/// The longest chain of aliases that is followed. No chain that is made on purpose is longer.
const CHAIN_LIMIT: usize = 8;

/// Follows a chain of aliases (CNAME) from `host`, and returns the first name that is an RDS endpoint: `host` itself,
/// if it is one. Returns `None` if the chain has no RDS endpoint in its first eight names.
///
/// # Errors
///
/// The resolver fails.
pub async fn resolve_rds_alias(resolver: &dyn Resolve, host: &str) -> io::Result<Option<String>> {
    let mut name = host.to_owned();
    for _ in 0..CHAIN_LIMIT {
        if region_of_endpoint(&name).is_some() {
            return Ok(Some(name));
        }
        let Some(target) = resolver.canonical_name(&name).await? else {
            return Ok(None);
        };
        name = target.trim_end_matches('.').to_ascii_lowercase();
    }
    Ok(None)
}

/// Queries the name servers that the system is configured with.
pub(super) async fn canonical_name_of_system(host: &str) -> io::Result<Option<String>> {
    let resolver = TokioResolver::builder_tokio()
        .and_then(|builder| builder.build())
        .map_err(io::Error::other)?;
    canonical_name(&resolver, host).await
}

async fn canonical_name(resolver: &TokioResolver, host: &str) -> io::Result<Option<String>> {
    let lookup = match resolver.lookup(format!("{host}."), RecordType::CNAME).await {
        Ok(lookup) => lookup,
        Err(error) if error.is_no_records_found() => return Ok(None),
        Err(error) => return Err(io::Error::other(error)),
    };
    Ok(lookup
        .answers()
        .iter()
        .find_map(|record| match &record.data {
            RData::CNAME(target) => Some(target.0.to_ascii()),
            _ => None,
        }))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, UdpSocket};
    use std::thread;

    use hickory_resolver::Resolver;
    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::rdata::CNAME;
    use hickory_resolver::proto::rr::{Name, Record};

    use super::*;
    use crate::net::{CanonicalName, Resolving};

    #[derive(Debug)]
    struct Asking(TokioResolver);

    impl Resolve for Asking {
        fn resolve<'a>(&'a self, _: &'a str, _: u16) -> Resolving<'a> {
            Box::pin(async { Ok(Vec::new()) })
        }

        fn canonical_name<'a>(&'a self, host: &'a str) -> CanonicalName<'a> {
            Box::pin(canonical_name(&self.0, host))
        }
    }

    /// Starts a fake name server that knows two aliases, and returns its port.
    fn fake_name_server() -> u16 {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        thread::spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let query = question.queries[0].clone();
                let target = match query.name().to_ascii().as_str() {
                    "db.example.com." => Some("alias.example.com."),
                    "alias.example.com." => Some("MyDB.abc.eu-west-1.rds.amazonaws.com."),
                    _ => None,
                };
                let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
                answer.metadata.response_code = ResponseCode::NoError;
                if let Some(target) = target {
                    let data = RData::CNAME(CNAME(Name::from_ascii(target).unwrap()));
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                }
                answer.add_query(query);
                socket.send_to(&answer.to_vec().unwrap(), peer).unwrap();
            }
        });
        port
    }

    #[test]
    fn follows_aliases_to_the_endpoint() {
        let mut connection = ConnectionConfig::udp();
        connection.port = fake_name_server();
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let provider = TokioRuntimeProvider::default();
            let resolver = Resolver::builder_with_config(config, provider)
                .build()
                .unwrap();
            let asking = Asking(resolver);
            let resolve = |host| resolve_rds_alias(&asking, host);
            assert_eq!(
                resolve("db.example.com").await.unwrap().as_deref(),
                Some("mydb.abc.eu-west-1.rds.amazonaws.com")
            );
            assert_eq!(resolve("other.example.com").await.unwrap(), None);
        });
    }
}
