//! `role`: requests do not reach a server of another role, and the gateway goes on when the roles fit again.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::json;

use super::v1::{QUERY, post};
use crate::helpers::gateway::Gateway;
use crate::helpers::waiting::until;

#[apply(on_each_server)]
fn a_request_is_refused_while_no_writer_is_there(product: Product) {
    let server = Server::start(product, &Options::default());
    let arguments = ["--trust-loopback", "--allow-writes", "--role", "writer"];
    let gateway = Gateway::start(&server, &arguments);
    let sql = "SELECT 7 AS n, @left AS v";
    let ask = || post(&gateway, QUERY, "application/json", &json!({"sql": sql}));
    assert_eq!(ask().status, 200);
    server.execute_as_admin("SET GLOBAL read_only = 1");
    // A session is asked when it is reset, which is after the statement that used a variable.
    until(|| match ask().status {
        503 => Ok(()),
        status => Err(status.to_string()),
    });
    let error = ask().error();
    assert_eq!(error["type"], "Network", "{error}");
    assert_eq!(error["code"], 1290);
    let refusal = "the server is not the writer";
    assert!(error["message"].as_str().unwrap().contains(refusal));

    let request = json!({
        "resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any", "sql": sql,
    });
    let of_data_api = gateway.post("/Execute", &[], &request.to_string());
    assert_eq!(of_data_api.status, 504, "{of_data_api:?}");
    assert!(of_data_api.body.contains(refusal), "{of_data_api:?}");
    let of_planetscale = gateway.execute(sql, &json!(null));
    let message = of_planetscale["error"]["message"].as_str().unwrap();
    assert!(message.contains(refusal), "{message}");
    assert!(
        message.ends_with("(errno 1290) (sqlstate HY000)"),
        "{message}"
    );

    server.execute_as_admin("SET GLOBAL read_only = 0");
    assert_eq!(ask().status, 200);
}
