//! The messages of AWS's services in the errors of its SDK, which display only their own structure.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError as SdkError;
use aws_sdk_sts::error::ErrorMetadata;

/// The message of one error of a chain; empty if the next error is more precise.
pub(crate) fn words(error: &(dyn StdError + 'static)) -> String {
    if let Some(metadata) = error.downcast_ref::<ErrorMetadata>() {
        return describe(metadata);
    }
    let next = error
        .source()
        .and_then(|next| next.downcast_ref::<ErrorMetadata>());
    match next {
        // This error only displays "unhandled error (CODE)".
        Some(_) => String::new(),
        None => error.to_string(),
    }
}

/// The code and message of a service, such as `AccessDenied: User … is not authorized to perform …`.
fn describe(metadata: &ErrorMetadata) -> String {
    match (metadata.code(), metadata.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(said), None) | (None, Some(said)) => said.to_owned(),
        (None, None) => "AWS gave no reason".to_owned(),
    }
}

/// Replaces an error in which the SDK displays the request, as it does if an endpoint is not a URL: the request may
/// contain a web identity token, and the URL a password.
pub(super) fn without_request(error: SdkError) -> SdkError {
    let mut next: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(one) = next {
        if one.to_string().starts_with("failed to apply endpoint") {
            return SdkError::invalid_configuration(
                "the endpoint that AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_… or the profile's endpoint_url names is not a \
                 URL",
            );
        }
        next = one.source();
    }
    error
}

/// Finds a service's error code, such as `AccessDenied`, among the sources of an error.
pub(super) fn code<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a str> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(metadata) = error.downcast_ref::<ErrorMetadata>() {
            return metadata.code();
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::operation::assume_role::AssumeRoleError;

    use super::*;

    fn refused() -> AssumeRoleError {
        let metadata = ErrorMetadata::builder()
            .code("AccessDenied")
            .message("User x is not authorized")
            .custom("aws_request_id", "1234")
            .build();
        AssumeRoleError::generic(metadata)
    }

    #[test]
    fn a_refusal_is_said_in_aws_words_once() {
        let error = refused();
        assert_eq!(words(&error), "");
        let metadata = error.source().unwrap();
        assert_eq!(words(metadata), "AccessDenied: User x is not authorized");
        assert_eq!(code(&error), Some("AccessDenied"));
    }

    #[test]
    fn a_request_is_not_shown() {
        let shown = std::io::Error::other("failed to apply endpoint `x` to request `hunter2`");
        let error = without_request(SdkError::provider_error(shown));
        let printed = format!("{error:?} {:?}", error.source().map(ToString::to_string));
        assert!(
            printed.contains("not a URL") && !printed.contains("hunter2"),
            "{printed}"
        );
        let other = without_request(SdkError::provider_error("another"));
        assert_eq!(other.source().unwrap().to_string(), "another");
    }

    #[test]
    fn what_is_no_refusal_keeps_its_words() {
        let error = std::io::Error::other("x");
        assert_eq!(words(&error), "x");
        assert_eq!(code(&error), None);
    }
}
