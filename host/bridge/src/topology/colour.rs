//! The colour of a server in a blue/green deployment, as its name shows it.
//!
//! RDS User Guide, "Overview of Amazon RDS Blue/Green Deployments": an instance of the green environment is named after
//! its blue one with `-green-` and six random characters, and takes over that name in the switchover, when the blue one
//! is renamed with `-old1` (`-old2`, … after further ones).

/// The colour that a host name shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    /// Of no deployment, or of its production environment.
    Blue,
    /// Of the environment to which a deployment will switch.
    Green,
    /// Of an environment from which a deployment has switched.
    Old,
}

impl Colour {
    pub(super) fn of_host(host: &str) -> Self {
        let identifier = host.split('.').next().unwrap_or_default();
        if identifier.rsplit_once("-green-").is_some_and(is_green) {
            return Self::Green;
        }
        match identifier.rsplit_once("-old") {
            Some((name, number)) if !name.is_empty() && is_number(number) => Self::Old,
            _ => Self::Blue,
        }
    }
}

fn is_green((name, suffix): (&str, &str)) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !name.is_empty() && suffix.len() == 6 && suffix.bytes().all(allowed)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_show_the_colour() {
        for (host, colour) in [
            ("db.abc.eu-west-1.rds.amazonaws.com", Colour::Blue),
            (
                "db-green-x1y2z3.abc.eu-west-1.rds.amazonaws.com",
                Colour::Green,
            ),
            ("db-old1.abc.eu-west-1.rds.amazonaws.com", Colour::Old),
            ("db-old12", Colour::Old),
            ("db-old", Colour::Blue),
            ("db-green-apples.abc", Colour::Green),
            ("db-green-apple.abc", Colour::Blue),
            ("-green-x1y2z3", Colour::Blue),
            ("old1.abc-old1.eu-west-1.rds.amazonaws.com", Colour::Blue),
            ("", Colour::Blue),
        ] {
            assert_eq!(Colour::of_host(host), colour, "{host}");
        }
    }
}
