//! When a token's validity begins, and how long it lasts.

use super::amz_date::AmzDate;
use super::credentials::Credentials;
use super::error::Error;

/// The longest validity that RDS accepts: 15 minutes (Amazon RDS User Guide, "IAM database authentication").
pub(super) const EXPIRES_IN_SECONDS_MAX: u32 = 900;

/// When a token's validity begins, and how long it lasts, validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    signed_at: u64,
    expires_in_seconds: u32,
}

impl Lifetime {
    /// Validates a lifetime.
    ///
    /// - `signed_at` is the current time in Unix seconds, 0 to 253,402,300,799 (the end of the year 9999).
    /// - `expires_in_seconds` is 1 to 900. RDS accepts at most 900.
    ///
    /// # Errors
    ///
    /// [`Error::TimeOutOfRange`], [`Error::ExpiryOutOfRange`].
    pub fn new(signed_at: u64, expires_in_seconds: u32) -> Result<Self, Error> {
        if signed_at > AmzDate::MAX_UNIX_SECONDS {
            return Err(Error::TimeOutOfRange(signed_at));
        }
        if !(1..=EXPIRES_IN_SECONDS_MAX).contains(&expires_in_seconds) {
            return Err(Error::ExpiryOutOfRange(expires_in_seconds));
        }
        Ok(Self {
            signed_at,
            expires_in_seconds,
        })
    }

    pub(super) fn signed_at(self) -> u64 {
        self.signed_at
    }

    pub(super) fn expires_in_seconds(self) -> u32 {
        self.expires_in_seconds
    }

    /// The first second at which a token signed by `credentials` is no longer valid.
    pub(super) fn valid_until(self, credentials: &Credentials) -> Result<u64, Error> {
        let own_end = self
            .signed_at
            .saturating_add(u64::from(self.expires_in_seconds));
        match credentials.expires_at() {
            Some(expired_at) if expired_at <= self.signed_at => Err(Error::CredentialsExpired {
                expired_at,
                signed_at: self.signed_at,
            }),
            Some(expires_at) => Ok(own_end.min(expires_at)),
            None => Ok(own_end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_the_format_holds() {
        assert!(Lifetime::new(0, 1).is_ok());
        assert!(Lifetime::new(253_402_300_799, 900).is_ok());
        assert_eq!(
            Lifetime::new(253_402_300_800, 900),
            Err(Error::TimeOutOfRange(253_402_300_800))
        );
        assert_eq!(
            Lifetime::new(u64::MAX, 900),
            Err(Error::TimeOutOfRange(u64::MAX))
        );
        for seconds in [0, 901, u32::MAX] {
            assert_eq!(
                Lifetime::new(0, seconds),
                Err(Error::ExpiryOutOfRange(seconds))
            );
        }
    }
}
