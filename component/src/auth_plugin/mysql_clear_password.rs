//! `mysql_clear_password`: the secret as it is, and a NUL. Inside verified TLS only.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_clear_text_password.html>

use crate::secret_string::{SecretBytes, SecretString};

/// The answer. Whatever challenge came with the request means nothing to this method.
pub(crate) fn response(secret: &SecretString) -> SecretBytes {
    // At once in its final size: growing would leave an unwiped copy behind.
    SecretBytes::new([secret.expose().as_bytes(), &[0]].concat())
}
