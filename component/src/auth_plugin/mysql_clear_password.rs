//! `mysql_clear_password`: sends the secret itself, followed by a NUL, only inside verified TLS.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_clear_text_password.html>

use crate::secret_string::{SecretBytes, SecretString};

/// The response. This method ignores the challenge.
pub(crate) fn response(secret: &SecretString) -> SecretBytes {
    // `concat` allocates the final size at once. A buffer that grows would leave an unwiped copy of the secret in
    // memory.
    SecretBytes::new([secret.expose().as_bytes(), &[0]].concat())
}
