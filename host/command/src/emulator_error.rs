//! What can go wrong with the emulator, in the words of the command.

use rds_bridge::error::Chain;
use rds_bridge_emulator::StartError;

/// The message of an error of the emulator. A setting is named by its flag.
pub(super) fn words(error: &StartError) -> String {
    let (setting, problem) = match error {
        StartError::Setting { setting, problem } => (setting, problem),
        // SQLite's message contains the path, and its source repeats it.
        StartError::Database(error) => return format!("cannot open the database: {error}"),
        error => return Chain(error).to_string(),
    };
    match *setting {
        // Its only problem, of which the remedy names the builder's method.
        "listen_on" => "--listen: other machines can reach this address, but the example credentials are public: set \
                        AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            .to_owned(),
        "version" => format!("--server-version: {problem}"),
        setting => format!("--{}: {problem}", setting.replace('_', "-")),
    }
}
