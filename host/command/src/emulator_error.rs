//! What can go wrong with the emulator, in the words of the command.

use rds_bridge::error::Chain;
use rds_bridge_emulator::StartError;

/// The message of an error of the emulator. A setting is named by its flag.
pub(super) fn words(error: &StartError) -> String {
    let StartError::Setting { setting, problem } = error else {
        return Chain(error).to_string();
    };
    match *setting {
        // Its only problem, of which the remedy names the builder's method.
        "listen_on" => "--listen: other machines can reach this address, and the default credentials are public: set \
                        AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            .to_owned(),
        setting => format!("--{setting}: {problem}"),
    }
}
