//! The dialects of the gateway: requests of clients of PlanetScale and of the RDS Data API, and to `/v1`.

mod request;
mod response;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use rds_bridge::pool::PoolMetrics;
use rds_bridge_gateway::{
    Answer, CallerAuthentication, Dialect, Gateway, GatewayRequest, GatewayService,
};
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout, timeout_at};
use tracing::{error, warn};

use super::access::Access;
use super::callers::Callers;
use super::connections::Connections;
use super::deadline::Deadline;
use super::failure::{Failure, Type};
use super::http::{identity, is_http, may_stream, source};
use super::keys::Keys;
use super::sink::RESPONSE_LIMIT;
pub(super) use response::{End, buffered, end_unread, forward, prelude};

/// The largest result that is held in memory when responses are streamed, in bytes as the server sends it. The template
/// gives the function 256 MB.
const LARGEST_RESULT: usize = 16 << 20;

/// Answers requests in the dialects of the gateway.
pub(super) struct Dialects {
    pub(super) callers: Callers,
    /// What callers may do. Without it, all of them may do the same.
    pub(super) access: Option<Access>,
    pub(super) allow_ad_hoc_sql: bool,
    /// Whether the Function URL streams responses.
    pub(super) streams: bool,
    /// Whether other invocations use connections at the same time.
    pub(super) is_concurrent: bool,
    pub(super) connections: Connections,
    /// For requests that name the database.
    pub(super) database_name: String,
    /// Built for the first request: a function that gets other events does not need it.
    pub(super) service: OnceCell<GatewayService>,
}

/// A request in a dialect.
pub(super) struct DialectRequest {
    pub(super) dialect: Dialect,
    pub(super) may_stream: bool,
    caller: Option<String>,
    source: Option<IpAddr>,
    request: Result<Request<Bytes>, &'static str>,
}

/// How often to look whether a connection was returned.
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

const NO_AD_HOC: &str = "the function executes no SQL of its callers: set ALLOW_AD_HOC_SQL=true in its \
                         environment, or add access.toml to its package";
const NO_CALLERS: &str = "the function has no callers with keys: set API_KEYS or API_KEYS_SECRET_ARN in its \
                          environment, or api_key_sha256 in its access.toml";
const NO_KEYS: &str = "the keys of the callers cannot be read: the function's log has the reason";

impl Dialects {
    /// The request in an event, if its path is one of a dialect. Paths below `/v1` have always been those of the
    /// function's own requests, and stay so unless the dialect can be used.
    pub(super) fn request(&self, keys: &Keys) -> Option<DialectRequest> {
        if !is_http(keys) {
            return None;
        }
        let path = keys.text("rawPath").ok().flatten()?;
        let dialect = Dialect::of_path(&path)?;
        let caller = identity(keys);
        let is_known = caller.is_some() || self.callers.are_configured();
        let is_served = self.access.is_some() || self.allow_ad_hoc_sql && is_known;
        if dialect == Dialect::V1 && !is_served {
            return None;
        }
        let caller = caller.map(|identity| match &self.access {
            Some(access) => access.name_of(identity),
            None => identity,
        });
        Some(DialectRequest {
            dialect,
            may_stream: may_stream(keys),
            caller,
            source: source(keys),
            request: request::read(keys, &path),
        })
    }

    /// Answers a request. An error is an answer too.
    pub(super) async fn answer(&self, request: DialectRequest, deadline: &Deadline) -> Answer {
        let DialectRequest {
            dialect,
            caller,
            source,
            request,
            ..
        } = request;
        if self.access.is_none() && !self.allow_ad_hoc_sql {
            return dialect.not_served(NO_AD_HOC);
        }
        // The clients of the other dialects sign for another service than Lambda, or not at all.
        if dialect != Dialect::V1 && !self.callers.are_configured() {
            return dialect.not_served(NO_CALLERS);
        }
        let request = match request {
            Ok(request) => GatewayRequest::new(request),
            Err(problem) => return dialect.malformed(problem),
        };
        let service = match timeout_at(deadline.at, self.service()).await {
            Ok(service) => service,
            Err(_) => Err(no_keys_in_time(deadline)),
        };
        let service = match service {
            Ok(service) => service,
            Err(failure) => {
                error!(error = %failure.json(""), "the gateway cannot start");
                return dialect.unavailable(NO_KEYS);
            }
        };
        let request = match source {
            Some(address) => request.from_address(address),
            None => request,
        };
        let request = match &caller {
            Some(name) => request.of_caller(name),
            None => request,
        };
        service
            .answer(request.ending_at(deadline.at, deadline.grace()))
            .await
    }

    /// Whether a request in the function's own form is refused. What a grant allows is what the dialects execute, within
    /// its limits; the own form has none.
    pub(super) fn refuses_own_form(&self, keys: &Keys) -> bool {
        self.access.is_some() && is_http(keys)
    }

    /// Whether a request in the function's own form needs credentials: nothing has authenticated it, and the function has
    /// callers, so that its URL is one that everybody can reach.
    pub(super) fn needs_credentials(&self, keys: &Keys) -> bool {
        self.callers.are_configured() && is_http(keys) && identity(keys).is_none()
    }

    /// Refuses a request without valid credentials.
    pub(super) async fn authenticate(
        &self,
        keys: &Keys,
        deadline: &Deadline,
    ) -> Result<(), Failure> {
        let authenticating = async {
            let headers = request::headers(keys);
            let service = self.service().await?;
            Ok(service.authenticate(headers, source(keys)).await)
        };
        match timeout_at(deadline.at, authenticating).await {
            Err(_) => Err(no_keys_in_time(deadline)),
            Ok(Err(failure)) => Err(failure),
            Ok(Ok(Some(_))) => Ok(()),
            Ok(Ok(None)) => Err(Failure::new(
                Type::Unauthenticated,
                "invalid credentials: send them as Basic, with the caller's name as the user and its API key as the \
                 password",
            )),
        }
    }

    /// Waits until a statement that was given up has been killed, and its connection was returned: Lambda may freeze the
    /// process after the response. Not beyond the time that is left for it.
    pub(super) async fn end_statement(&self, deadline: &Deadline) {
        if self.is_concurrent {
            return;
        }
        let ended = async {
            while self.pools().iter().any(|it| it.size > it.idle) {
                sleep(BETWEEN_LOOKS).await;
            }
        };
        if timeout(deadline.closing(), ended).await.is_err() {
            warn!("a statement may still be running on the server: killing it takes too long");
        }
    }

    /// How many logins the server has refused.
    pub(super) fn refused_logins(&self) -> u64 {
        self.pools().iter().map(|it| it.refused_total).sum()
    }

    /// The numbers of all pools of connections.
    fn pools(&self) -> Vec<PoolMetrics> {
        match self.service.get() {
            Some(service) => service.pools().collect(),
            None => vec![self.connections.pool.metrics()],
        }
    }

    async fn service(&self) -> Result<&GatewayService, Failure> {
        let build = async || {
            let keys = self.callers.keys().await?;
            let largest_result = match self.streams {
                true => LARGEST_RESULT,
                false => RESPONSE_LIMIT,
            };
            let mut gateway = Gateway::builder(CallerAuthentication::Keys(keys))
                // Lambda and API Gateway deliver a request by the name of the URL.
                .allow_any_host()
                .max_result_bytes(largest_result);
            if let Some(access) = &self.access {
                gateway = gateway.policy(access.policy());
            }
            self.connections
                .add_to(gateway, &self.database_name)
                .service()
                .map_err(|error| Failure::new(Type::Bug, error.to_string()))
        };
        self.service.get_or_try_init(build).await
    }
}

/// The failure of a request for which [`Dialects::refuses_own_form`].
pub(super) fn only_in_dialects() -> Failure {
    let problem = "the function answers requests over HTTP in the dialects of the gateway only";
    Failure::new(Type::NotServed, problem).with_hint("send the request to /v1/query")
}

fn no_keys_in_time(deadline: &Deadline) -> Failure {
    Failure::deadline("the keys of the callers were not read", deadline.limit)
}
