//! Roles that stored procedures and functions set: the next user of a pooled connection does not have them.

use rds_bridge::mysql::Connection;
use rds_bridge::pool::Pool;
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, PASSWORD, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;

use crate::helpers::live::{block_on, connect_as_admin, first_value, to};

/// A server whose user `pooled` has two roles, of which `usual` is active after a login.
async fn server_with_roles(product: Product) -> Server {
    let server = Server::start(product, &Options::default());
    let to_whom = match product {
        Product::MySql => "TO",
        Product::MariaDb => "FOR",
    };
    server.execute_as_admin(&format!(
        "SET GLOBAL log_bin_trust_function_creators = 1;
         CREATE USER pooled IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON iamtest.* TO pooled;
         CREATE ROLE usual; CREATE ROLE other; GRANT usual TO pooled; GRANT other TO pooled;
         SET DEFAULT ROLE usual {to_whom} pooled;
         CREATE PROCEDURE iamtest.harmless() SQL SECURITY INVOKER DO 1;
         CREATE PROCEDURE iamtest.takes() SQL SECURITY INVOKER SET ROLE other;
         CREATE PROCEDURE iamtest.loses() SQL SECURITY INVOKER SET ROLE NONE;"
    ));
    let mut admin = connect_as_admin(&server).await;
    let sql = "CREATE FUNCTION iamtest.takes_too() RETURNS INT NO SQL SQL SECURITY INVOKER \
               BEGIN SET ROLE other; RETURN 7; END";
    admin.execute(sql, ()).await.unwrap();
    server
}

async fn pool_of_one(server: &Server) -> Pool {
    let builder = to(server).user("pooled").password(PASSWORD);
    let bridge = builder.allow_writes(true).build().await.unwrap();
    let pool = Pool::builder(bridge);
    pool.max_size(1).build().unwrap()
}

async fn role(connection: &mut Connection) -> String {
    first_value(connection, "SELECT CURRENT_ROLE()").await
}

#[apply(on_each_server)]
fn a_role_that_a_procedure_sets_ends_with_its_user(product: Product) {
    block_on(async {
        let server = server_with_roles(product).await;
        let pool = pool_of_one(&server).await;
        let of_login = role(&mut pool.get().await.unwrap()).await;
        assert!(of_login.contains("usual"), "{of_login}");
        for (statement, is_foreign) in [
            ("CALL iamtest.takes()", false),
            ("CALL iamtest.loses()", false),
            ("CALL iamtest.takes()", true),
            ("SELECT iamtest.takes_too()", true),
        ] {
            let mut connection = pool.get().await.unwrap();
            if is_foreign {
                connection.reset_when_dropped();
            }
            connection.execute(statement, ()).await.unwrap();
            let left: Option<String> = first_value(&mut connection, "SELECT CURRENT_ROLE()").await;
            assert_ne!(left.as_deref(), Some(&*of_login), "{statement}");
            drop(connection);
            let next = role(&mut pool.get().await.unwrap()).await;
            assert_eq!(next, of_login, "{statement}");
        }
    });
}

#[apply(on_each_server)]
fn a_procedure_that_changes_no_role_costs_no_connection(product: Product) {
    block_on(async {
        let server = server_with_roles(product).await;
        if product == Product::MySql {
            // `SET ROLE DEFAULT` would not have the roles of the login.
            server.execute_as_admin("SET GLOBAL activate_all_roles_on_login = ON");
        }
        let pool = pool_of_one(&server).await;
        let of_login = role(&mut pool.get().await.unwrap()).await;
        for is_foreign in [false, true] {
            let mut connection = pool.get().await.unwrap();
            if is_foreign {
                connection.reset_when_dropped();
            }
            connection.execute("CALL harmless()", ()).await.unwrap();
            drop(connection);
            assert_eq!(role(&mut pool.get().await.unwrap()).await, of_login);
        }
        assert_eq!(pool.metrics().connected_total, 1);
    });
}
