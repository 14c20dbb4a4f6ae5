//! Invocations with a request in a dialect of the gateway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::streaming::channel;
use lambda_runtime::{Context, FunctionResponse, StreamResponse};
use rds_bridge_gateway::RowCount;

use super::{Answer, Function, Refused};
use crate::deadline::Deadline;
use crate::dialects::{DialectRequest, End, buffered, end_unread, forward, prelude};
use crate::execute::Took;
use crate::failure::{Failure, Type};
use crate::log;
use crate::report::{Answered, Invocation};

/// What is logged of an answer.
struct Summary {
    /// The path of the request, if a route has it: any other may contain anything.
    route: String,
    status: u16,
    caller: Option<String>,
    database_time: Option<Duration>,
    rows: RowCount,
    bytes: u64,
    cause: Option<String>,
}

impl Function {
    pub(super) async fn answer_in_dialect(
        self: Arc<Self>,
        request: DialectRequest,
        deadline: Deadline,
        begun: Instant,
        context: Context,
    ) -> Result<Answer, Refused> {
        let dialect = request.dialect;
        let is_streamed = request.may_stream && self.streams;
        let mut answer = self.dialects.answer(request, &deadline).await;
        let access = log::take_access();
        let mut summary = Summary {
            route: access.route.unwrap_or_else(|| format!("{dialect:?}")),
            status: answer.status.as_u16(),
            caller: answer.caller.take(),
            database_time: answer.database_time,
            rows: answer.rows.clone(),
            bytes: 0,
            cause: access.cause,
        };
        if !is_streamed {
            let buffered = buffered(answer, dialect).await;
            summary.status = buffered.status;
            summary.bytes = buffered.bytes;
            summary.cause = buffered.cause.or(summary.cause);
            self.finish(&summary, &deadline, begun).await;
            return match buffered.response {
                Some(response) => Ok(FunctionResponse::BufferedResponse(response)),
                None => {
                    let bug = Failure::new(Type::Bug, "the gateway's response cannot be returned");
                    Err(Refused(bug.diagnostic(&context.request_id)))
                }
            };
        }
        let (mut sender, stream) = channel();
        let metadata_prelude = prelude(&mut answer);
        let (id, trace_id) = (context.request_id.clone(), context.xray_trace_id.clone());
        let sending = async move {
            let sent = forward(answer.body, &mut sender, &deadline).await;
            summary.bytes = sent.bytes;
            summary.cause = sent.end.cause().map(str::to_owned).or(summary.cause);
            self.finish(&summary, &deadline, begun).await;
            if sent.end == End::NotRead {
                end_unread(&mut sender).await;
            }
            drop(sender);
        };
        tokio::spawn(log::in_request(id, trace_id, sending));
        Ok(FunctionResponse::StreamingResponse(StreamResponse {
            metadata_prelude,
            stream,
        }))
    }

    /// What remains to be done before the response ends: Lambda may freeze the process after that.
    async fn finish(&self, summary: &Summary, deadline: &Deadline, begun: Instant) {
        if summary.cause.is_some() {
            self.dialects.end_statement(deadline).await;
        }
        let took = Took {
            acquire: Duration::ZERO,
            query: summary.database_time.unwrap_or_default(),
            reused: None,
        };
        let invocation = Invocation {
            query: &summary.route,
            rows: summary.rows.so_far(),
            bytes: summary.bytes,
            warnings: None,
            took,
            total: begun.elapsed(),
            failure: None,
            dialect: Some(Answered {
                status: summary.status,
                caller: summary.caller.as_deref(),
                cause: summary.cause.as_deref(),
            }),
        };
        let refused = self.dialects.refused_logins();
        self.reporter.report(&invocation, refused);
    }
}
