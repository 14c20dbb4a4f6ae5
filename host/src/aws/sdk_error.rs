//! What AWS's services say, taken from the errors of its SDK: those print the structures that they are.

use std::error::Error as StdError;

use aws_sdk_sts::error::ErrorMetadata;

/// One error of a chain in words; empty if the next one says it better.
pub(crate) fn words(error: &(dyn StdError + 'static)) -> String {
    if let Some(metadata) = error.downcast_ref::<ErrorMetadata>() {
        return said(metadata);
    }
    let next = error
        .source()
        .and_then(|next| next.downcast_ref::<ErrorMetadata>());
    match next {
        // "unhandled error (CODE)".
        Some(_) => String::new(),
        None => error.to_string(),
    }
}

/// As `AccessDenied: User … is not authorized to perform …`.
fn said(metadata: &ErrorMetadata) -> String {
    match (metadata.code(), metadata.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(said), None) | (None, Some(said)) => said.to_owned(),
        (None, None) => "an answer that says nothing of what went wrong".to_owned(),
    }
}

/// The code of a service's refusal that is beneath an error, as `AccessDenied`.
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
    fn what_is_no_refusal_keeps_its_words() {
        let error = std::io::Error::other("x");
        assert_eq!(words(&error), "x");
        assert_eq!(code(&error), None);
    }
}
