//! Environment variables that name the endpoint of an AWS service. An empty one is treated as unset; with the SDK alone
//! it would cause a panic.

use super::environment::Variable;

/// The variable for all services that have no variable of their own.
const OF_ALL: &str = "AWS_ENDPOINT_URL";

/// The variables of the services that provide credentials.
pub(super) const OF_CREDENTIALS: [&str; 5] = [
    OF_ALL,
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_SIGNIN",
];

/// The endpoint URL to set in a client's configuration, if the variable that the SDK would use is empty: `Some(None)`
/// for the service's own endpoint. `None` if the SDK's choice is right.
#[expect(
    clippy::option_option,
    reason = "whether to set one, and whether it names an endpoint"
)]
pub(super) fn replace_empty_url(of_service: &str, variable: Variable) -> Option<Option<String>> {
    let variables = [variable(of_service), variable(OF_ALL)];
    let first = variables.iter().flatten().next()?;
    if !first.is_empty() {
        return None;
    }
    let mut set = variables.into_iter().flatten();
    Some(set.find(|url| !url.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(name: &str) -> Option<String> {
        match name {
            "AWS_ENDPOINT_URL" => Some("http://all".to_owned()),
            "AWS_ENDPOINT_URL_STS" => Some(String::new()),
            "AWS_ENDPOINT_URL_OTHER" => Some("http://other".to_owned()),
            _ => None,
        }
    }

    fn empty(name: &str) -> Option<String> {
        name.starts_with("AWS_ENDPOINT_URL").then(String::new)
    }

    #[test]
    fn an_empty_one_is_not_set() {
        let of_all = Some("http://all".to_owned());
        assert_eq!(
            replace_empty_url("AWS_ENDPOINT_URL_STS", both),
            Some(of_all)
        );
        assert_eq!(replace_empty_url("AWS_ENDPOINT_URL_STS", empty), Some(None));
        assert_eq!(replace_empty_url("AWS_ENDPOINT_URL_OTHER", both), None);
        assert_eq!(replace_empty_url("AWS_ENDPOINT_URL_NONE", both), None);
        assert_eq!(replace_empty_url("AWS_ENDPOINT_URL_STS", |_| None), None);
    }
}
