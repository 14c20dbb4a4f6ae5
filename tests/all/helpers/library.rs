//! The library in a process with an environment of its own: `bridge-from-environment`.

use std::process::Command;

use rds_bridge::Stage;
use rds_bridge::error::Category;
use serde_json::Value as Json;

/// The JSON that the process printed.
pub(crate) struct Outcome(Json);

/// Signs a token with these settings and only `variables` in the environment. Unless `variables` override it, the
/// library does not ask the metadata service of the machine for credentials.
pub(crate) fn token(settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
    run("token", settings, variables)
}

/// Logs in with these settings. The environment is as in [`token`].
pub(crate) fn log_in(settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
    run("log-in", settings, variables)
}

fn run(action: &str, settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
    let output = Command::new(env!("CARGO_BIN_EXE_bridge-from-environment"))
        .arg(action)
        .args(
            settings
                .iter()
                .map(|(name, value)| format!("{name}={value}")),
        )
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    // The library must print nothing and must not panic.
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaint.is_empty(),
        "{complaint}"
    );
    Outcome(serde_json::from_slice(&output.stdout).unwrap())
}

impl Outcome {
    /// The result, which must not be an error.
    #[track_caller]
    pub(crate) fn success(self) -> Json {
        assert!(self.0.get("error").is_none(), "{}", self.0);
        self.0
    }

    #[track_caller]
    pub(crate) fn failure(self) -> Failure {
        let Some(error) = self.0.get("error") else {
            panic!("it is good: {}", self.0);
        };
        Failure(error.clone())
    }
}

/// The error of the library.
pub(crate) struct Failure(Json);

impl Failure {
    /// Asserts the stage and the category of the error.
    #[track_caller]
    pub(crate) fn assert_is(&self, stage: Stage, category: Category) -> &Self {
        assert_eq!(
            [self.string("stage"), self.string("category")],
            [format!("{stage:?}"), format!("{category:?}")],
            "{}",
            self.0
        );
        self
    }

    /// The setting that is wrong, if there is one.
    pub(crate) fn setting(&self) -> Option<&str> {
        self.0["setting"].as_str()
    }

    /// The server's error code and SQLSTATE.
    pub(crate) fn server_error(&self) -> (Option<u64>, Option<&str>) {
        (self.0["code"].as_u64(), self.0["sql_state"].as_str())
    }

    /// The message, followed by the numbered causes with their remedies.
    pub(crate) fn text(&self) -> String {
        let causes = self.0["causes"].as_array().unwrap().iter().zip(1..);
        let causes =
            causes.map(|(cause, number)| format!("\n{number}. {}", cause.as_str().unwrap()));
        self.string("message") + &causes.collect::<String>()
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, words: &[&str]) -> &Self {
        let text = self.text();
        for words in words {
            assert!(text.contains(words), "{words}: {text}");
        }
        self
    }

    fn string(&self, name: &str) -> String {
        self.0[name].as_str().unwrap().to_owned()
    }
}
