//! A secret that is rotated during the life of a bridge or a pool. The library fetches it again when the server refuses
//! the old password, once for all waiting logins, and no login is lost.
//!
//! The URL of AWS is in an environment variable, and all tests of a process share its environment. Therefore each test
//! runs itself again in a process of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rds_bridge::aws::Credentials;
use rds_bridge::error::Category;
use rds_bridge::pool::Pool;
use rds_bridge::{Bridge, BridgeBuilder, Error, Stage};
use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Options, Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use serde_json::{Value as Json, json};
use tokio::time::sleep;

use crate::helpers::fake_aws::{self, FakeEndpoint, Moto};
use crate::helpers::live::block_on;
use crate::helpers::run_alone::{run_with_secrets_manager, secrets_manager};
use crate::helpers::secrets_manager::arn;

/// A server for one test, and the secrets of its users.
struct Rotated {
    server: Server,
    url: String,
}

impl Rotated {
    fn new(product: Product, url: String) -> Self {
        let server = Server::start(product, &Options::default());
        for user in ["app", "app_clone"] {
            server.execute_as_admin(&format!(
                "CREATE USER '{user}'@'%' IDENTIFIED BY 'first'; \
                 GRANT SELECT ON iamtest.* TO '{user}'@'%'"
            ));
        }
        Self { server, url }
    }

    fn call(&self, action: &str, input: &Json) -> Json {
        fake_aws::secrets_manager(&self.url, REGION, action, input)
    }

    /// Creates a secret and returns its ARN.
    fn create(&self, name: &str, user: &str, password: &str) -> String {
        let text = json!({ "username": user, "password": password, "host": ENDPOINT }).to_string();
        // The tests of both products share moto.
        let name = format!("{name}/{}", self.server.product().name());
        let made = self.call(
            "CreateSecret",
            &json!({ "Name": name, "SecretString": text }),
        );
        made["ARN"].as_str().unwrap().to_owned()
    }

    /// Changes the secret in Secrets Manager.
    fn put(&self, name: &str, user: &str, password: &str) {
        let text = json!({ "username": user, "password": password, "host": ENDPOINT }).to_string();
        self.call(
            "PutSecretValue",
            &json!({ "SecretId": name, "SecretString": text }),
        );
    }

    /// Changes the password in the database.
    fn alter(&self, user: &str, password: &str) {
        self.server.execute_as_admin(&format!(
            "ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'"
        ));
        // MySQL 9.7.4 keeps accepting the old password from its cache until the account logs in with the new one.
        self.server.log_in(user, password);
    }

    fn builder(&self, name: &str) -> BridgeBuilder {
        Bridge::builder()
            .secret(name)
            .credentials(Credentials::new("AKIAEXAMPLE", "made up"))
            .connect_to(self.server.address().to_string())
            .ca_file(self.server.ca_file())
    }
}

async fn user(bridge: &Bridge) -> Result<String, Error> {
    let mut connection = bridge.connect().await?;
    let mut rows = connection.query("SELECT USER()").await?;
    let row = rows.next().await?.unwrap();
    let user: &str = row.get(0)?;
    Ok(user.split('@').next().unwrap().to_owned())
}

#[apply(on_each_server)]
fn between_two_connections_it_is_picked_up(product: Product) {
    let Some(url) = secrets_manager() else {
        let test = "secrets::rotation::between_two_connections_it_is_picked_up";
        run_with_secrets_manager(test, product, Moto::shared().url());
        return;
    };
    let rotated = Rotated::new(product, url);
    let name = &rotated.create("rotation/single", "app", "first");
    block_on(async {
        let bridge = rotated.builder(name).build().await.unwrap();
        assert_eq!((bridge.user(), bridge.host()), ("app", ENDPOINT));
        assert_eq!(user(&bridge).await.unwrap(), "app");
        for password in ["second", "third"] {
            rotated.alter("app", password);
            rotated.put(name, "app", password);
            assert_eq!(user(&bridge).await.unwrap(), "app");
            // The new password is cached.
            assert_eq!(user(&bridge).await.unwrap(), "app");
        }
    });
}

/// Between the changes in the database and in Secrets Manager, the rotation function leaves no valid password.
#[apply(on_each_server)]
fn what_has_not_changed_is_refused_with_a_cause_of_its_own(product: Product) {
    let Some(url) = secrets_manager() else {
        let test = "secrets::rotation::what_has_not_changed_is_refused_with_a_cause_of_its_own";
        run_with_secrets_manager(test, product, Moto::shared().url());
        return;
    };
    let rotated = Rotated::new(product, url);
    let name = &rotated.create("rotation/late", "app", "first");
    block_on(async {
        let bridge = rotated.builder(name).build().await.unwrap();
        let pool = Pool::builder(bridge.clone()).build().unwrap();
        let _first = pool.get().await.unwrap();
        rotated.alter("app", "second");
        let error = bridge.connect().await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Login, Some(1045)));
        assert_eq!(error.category(), Category::Login);
        let first = &error.causes()[0];
        assert_eq!(
            first.why,
            format!(
                "the password of \"app\" is not the one in the secret {name}, which was fetched again and has not \
                 changed"
            )
        );
        assert!(
            first.remedy.to_string().contains("describe-secret"),
            "{first:?}"
        );

        // A pool that was accepted before retries for some seconds.
        let second = tokio::spawn({
            let pool = pool.clone();
            async move { pool.get().await }
        });
        while pool.metrics().refused_total == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        rotated.put(name, "app", "second");
        second.await.unwrap().unwrap();
    });
}

/// With alternating users, the secret names the other user, whose password has been set.
#[apply(on_each_server)]
fn the_user_may_change_with_the_password(product: Product) {
    let Some(url) = secrets_manager() else {
        let test = "secrets::rotation::the_user_may_change_with_the_password";
        run_with_secrets_manager(test, product, Moto::shared().url());
        return;
    };
    let rotated = Rotated::new(product, url);
    let name = &rotated.create("rotation/alternating", "app", "first");
    block_on(async {
        let bridge = rotated.builder(name).build().await.unwrap();
        assert_eq!(user(&bridge).await.unwrap(), "app");
        rotated.alter("app_clone", "second");
        rotated.put(name, "app_clone", "second");
        // The cached password is still valid.
        assert_eq!(user(&bridge).await.unwrap(), "app");
        // After the next rotation it is not.
        rotated.alter("app", "third");
        assert_eq!(user(&bridge).await.unwrap(), "app_clone");
        rotated.put(name, "app", "third");
        rotated.alter("app_clone", "fourth");
        assert_eq!(user(&bridge).await.unwrap(), "app");
        assert_eq!(bridge.user(), "app");

        // A user that no longer exists is refused, in whatever way the server hides that.
        rotated.server.execute_as_admin("DROP USER 'app'@'%'");
        rotated.put(name, "app_clone", "fourth");
        assert_eq!(user(&bridge).await.unwrap(), "app_clone");
    });
}

#[apply(on_each_server)]
fn a_user_that_is_given_stays(product: Product) {
    let Some(url) = secrets_manager() else {
        run_with_secrets_manager(
            "secrets::rotation::a_user_that_is_given_stays",
            product,
            Moto::shared().url(),
        );
        return;
    };
    let rotated = Rotated::new(product, url);
    let name = &rotated.create("rotation/given", "app", "first");
    block_on(async {
        let given = rotated.builder(name).user("app").build().await.unwrap();
        assert_eq!(user(&given).await.unwrap(), "app");
        rotated.put(name, "app_clone", "second");
        rotated.alter("app", "third");
        let error = given.connect().await.unwrap_err();
        assert_eq!(error.code(), Some(1045));
        let first = &error.causes()[0].why;
        assert!(
            first.contains("\"app\" was given, but the secret is for \"app_clone\""),
            "{first}"
        );
    });
}

#[apply(on_each_server)]
fn many_connections_of_a_pool_fetch_it_once(product: Product) {
    let test = "secrets::rotation::many_connections_of_a_pool_fetch_it_once";
    let Some(url) = secrets_manager() else {
        let fetched = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&fetched);
        // A fake that returns the old password once.
        let fake = FakeEndpoint::start(move |request| {
            assert_eq!(
                request.header("x-amz-target"),
                Some("secretsmanager.GetSecretValue")
            );
            let number = count.fetch_add(1, Ordering::SeqCst);
            let password = if number == 0 { "first" } else { "second" };
            let text =
                json!({ "username": "app", "password": password, "host": ENDPOINT }).to_string();
            let version = format!("version-{password}");
            let answer = json!({ "Name": "db", "VersionId": version, "SecretString": text });
            (200, answer.to_string())
        });
        run_with_secrets_manager(test, product, &fake.url());
        assert_eq!(fetched.load(Ordering::SeqCst), 2);
        return;
    };
    let rotated = Rotated::new(product, url);
    block_on(async {
        let bridge = rotated.builder(&arn("db")).build().await.unwrap();
        let pool = Pool::builder(bridge).max_size(16).build().unwrap();
        // An open connection does not disturb the rotation, and is not closed.
        let mut open = pool.get().await.unwrap();
        rotated.alter("app", "second");
        let others: Vec<_> = (0..15)
            .map(|_| {
                let pool = pool.clone();
                tokio::spawn(async move { pool.get().await })
            })
            .collect();
        let mut held = Vec::new();
        for other in others {
            held.push(other.await.unwrap().unwrap());
        }
        open.execute("SELECT 1", ()).await.unwrap();
        let metrics = pool.metrics();
        assert_eq!((metrics.connected_total, metrics.refused_total), (16, 0));
    });
}

/// The server refuses the password, and Secrets Manager then refuses to return the secret. The error is the server's
/// refusal, and the other refusal is among its causes.
#[apply(on_each_server)]
fn one_that_cannot_be_fetched_again_is_told_beside_the_refusal(product: Product) {
    let test = "secrets::rotation::one_that_cannot_be_fetched_again_is_told_beside_the_refusal";
    let Some(url) = secrets_manager() else {
        let first = AtomicU64::new(0);
        let fake = FakeEndpoint::start(move |_| {
            if first.fetch_add(1, Ordering::SeqCst) > 0 {
                let denied =
                    json!({ "__type": "AccessDeniedException", "Message": "not any more" });
                return (400, denied.to_string());
            }
            let text =
                json!({ "username": "app", "password": "first", "host": ENDPOINT }).to_string();
            let answer = json!({ "Name": "db", "VersionId": "1", "SecretString": text });
            (200, answer.to_string())
        });
        run_with_secrets_manager(test, product, &fake.url());
        return;
    };
    let rotated = Rotated::new(product, url);
    block_on(async {
        let bridge = rotated.builder(&arn("db")).build().await.unwrap();
        rotated.alter("app", "second");
        let error = bridge.connect().await.unwrap_err();
        assert_eq!((error.stage(), error.code()), (Stage::Login, Some(1045)));
        let first = &error.causes()[0];
        assert_eq!(
            first.why,
            "the secret may have been rotated, but could not be fetched again: the secret \
             arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf (eu-central-1) may not be read with \
             these AWS credentials: not any more"
        );
        assert!(first.remedy.to_string().contains("allow it"), "{first:?}");
        // The cached password is still tried.
        rotated.alter("app", "first");
        assert_eq!(user(&bridge).await.unwrap(), "app");
    });
}
