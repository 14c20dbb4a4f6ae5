//! As which database user clients log in.

/// Which database user a client becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DatabaseUser {
    /// The bridge's user, whatever name the client gives.
    #[default]
    OfBridge,
    /// The user that the client names. AWS credentials must be allowed to connect as that user. With
    /// [`ClientAuthentication::Passwords`](crate::ClientAuthentication::Passwords), only users with a password are
    /// accepted; with [`ClientAuthentication::Certificates`](crate::ClientAuthentication::Certificates), only the user
    /// whose certificate it is.
    OfClient,
}
