//! Invocations with a request in a dialect of the gateway.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lambda_runtime::streaming::channel;
use lambda_runtime::{Context, FunctionResponse, StreamResponse};

use super::{Answer, Function, Refused};
use crate::deadline::Deadline;
use crate::dialects::{Buffered, DialectRequest, buffered, forward, prelude};
use crate::execute::Took;
use crate::failure::{Failure, Type};
use crate::log;
use crate::report::{Answered, Invocation};

impl Function {
    pub(super) async fn answer_in_dialect(
        self: Arc<Self>,
        request: DialectRequest,
        begun: Instant,
        context: Context,
    ) -> Result<Answer, Refused> {
        let deadline = Deadline::before(context.deadline());
        let (dialect, path) = (request.dialect, request.path.clone());
        let is_streamed = request.may_stream && self.streams;
        let mut answer = self.dialects.answer(request, &deadline).await;
        if !is_streamed {
            let buffered = buffered(answer, dialect).await;
            self.report_answer(&path, &buffered, begun);
            return match buffered.response {
                Some(response) => Ok(FunctionResponse::BufferedResponse(response)),
                None => {
                    let bug = Failure::new(Type::Bug, "the answer is no response");
                    Err(Refused(bug.diagnostic(&context.request_id)))
                }
            };
        }
        let (mut sender, stream) = channel();
        let metadata_prelude = prelude(&mut answer);
        let (id, trace_id) = (context.request_id.clone(), context.xray_trace_id.clone());
        let sending = async move {
            let mut sent = Buffered {
                response: None,
                status: answer.status.as_u16(),
                caller: answer.caller.take(),
                database_time: answer.database_time,
                bytes: 0,
            };
            sent.bytes = forward(answer.body, &mut sender, &deadline).await;
            // Before the response ends: Lambda may freeze the process after that.
            self.report_answer(&path, &sent, begun);
            drop(sender);
        };
        tokio::spawn(log::in_request(id, trace_id, sending));
        Ok(FunctionResponse::StreamingResponse(StreamResponse {
            metadata_prelude,
            stream,
        }))
    }

    fn report_answer(&self, path: &str, answered: &Buffered, begun: Instant) {
        let took = Took {
            acquire: Duration::ZERO,
            query: answered.database_time.unwrap_or_default(),
            reused: None,
        };
        let invocation = Invocation {
            query: path,
            rows: 0,
            bytes: answered.bytes,
            warnings: 0,
            took,
            total: begun.elapsed(),
            failure: None,
            dialect: Some(Answered {
                status: answered.status,
                caller: answered.caller.as_deref(),
            }),
        };
        self.reporter.report(&invocation, &self.executor.pool);
    }
}
