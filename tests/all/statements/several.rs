//! Several statements in one text: only where they are asked for.

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect, connect_with_password, credentials, to};

/// `ER_PARSE_ERROR`
const PARSE_ERROR: Option<u16> = Some(1064);
const TWO: &str = "SELECT 1; SELECT 2";

#[apply(on_each_server)]
fn the_next_statement_is_alone_again(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        // Writes allowed or not: the commands of the set-up go out in different flights.
        for allow_writes in [false, true] {
            let builder = to(server).user("lambda-user").credentials(credentials());
            let mut connection = connect(builder.allow_writes(allow_writes)).await;
            let refused = connection.query(TWO).await.unwrap_err();
            assert_eq!(refused.code(), PARSE_ERROR);
            for _ in 0..2 {
                let mut rows = connection.query_several(TWO).await.unwrap();
                for expected in [1, 2] {
                    let row = rows.next_as::<(i64,)>().await.unwrap();
                    assert_eq!(row, Some((expected,)));
                    assert_eq!(rows.next_result().await.unwrap(), expected == 1);
                }
                assert_eq!(connection.query(TWO).await.unwrap_err().code(), PARSE_ERROR);
                let (one,): (i64,) = connection.query_one("SELECT ?", (1,)).await.unwrap();
                assert_eq!(one, 1);
            }
            // After an error, after results that were not read, and after a reset.
            let refused = connection.query_several("SELECT 1; SELECT nothing").await;
            assert!(refused.unwrap().finish().await.is_err());
            assert_eq!(connection.query(TWO).await.unwrap_err().code(), PARSE_ERROR);
            drop(connection.query_several(TWO).await.unwrap());
            connection.reset().await.unwrap();
            assert_eq!(connection.query(TWO).await.unwrap_err().code(), PARSE_ERROR);
            drop(connection.query_several(TWO).await.unwrap());
            connection.ping().await.unwrap();
            connection.close().await.unwrap();
        }
    });
}

#[apply(on_each_server)]
fn a_future_that_is_dropped_leaves_statements_alone(product: Product) {
    let server = Server::shared(product);
    block_on(async {
        let mut connection = connect_with_password(server).await;
        for polls in 0..8 {
            {
                let mut several = Box::pin(connection.query_several(TWO));
                for _ in 0..polls {
                    let poll = std::future::poll_fn(|context| {
                        std::task::Poll::Ready(several.as_mut().poll(context).is_ready())
                    });
                    if poll.await {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            if !connection.is_usable() {
                connection = connect_with_password(server).await;
            }
            assert_eq!(connection.query(TWO).await.unwrap_err().code(), PARSE_ERROR);
        }
    });
}
