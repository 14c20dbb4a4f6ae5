//! Reports to Lambda why the function cannot start.
//!
//! Source: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes", "Initialization error".

use lambda_runtime::Diagnostic;
use lambda_runtime_api_client::body::Body;
use lambda_runtime_api_client::{BoxError, PooledClient, build_request};

const PATH: &str = "/2018-06-01/runtime/init/error";

pub(super) async fn post(diagnostic: &Diagnostic) -> Result<(), BoxError> {
    let request = build_request()
        .method("POST")
        .uri(PATH)
        .header("lambda-runtime-function-error-type", &diagnostic.error_type)
        .body(Body::from(serde_json::to_vec(diagnostic)?))?;
    let client = PooledClient::builder().build();
    client.call(request).await.map(drop)
}
