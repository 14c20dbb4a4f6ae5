//! The description of the dialect.

/// An OpenAPI document.
pub(super) const OPENAPI: &str = include_str!("openapi.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::iter::successors;

    use axum::http::StatusCode;
    use serde_json::Value;

    use super::*;
    use crate::v1::error::Type;

    fn document() -> Value {
        serde_json::from_str(OPENAPI).unwrap()
    }

    /// The description of a part, or of what it refers to.
    fn is_described(document: &Value, part: &Value) -> bool {
        let described = match part["$ref"].as_str() {
            Some(reference) => document.pointer(&reference[1..]).unwrap(),
            None => part,
        };
        let description = described["description"].as_str();
        description.is_some_and(|it| it.ends_with('.'))
    }

    /// Finds the parts without a description: schemas and their properties, parameters, headers and responses.
    fn undescribed(document: &Value, place: &str, part: &Value, found: &mut Vec<String>) {
        let Some(members) = part.as_object() else {
            for item in part.as_array().into_iter().flatten() {
                undescribed(document, place, item, found);
            }
            return;
        };
        for (name, member) in members {
            let place = format!("{place}/{name}");
            let mut parts = vec![(place.clone(), member)];
            match &**name {
                "properties" | "parameters" | "headers" | "responses" | "schemas" => {
                    let named = member.as_object().into_iter().flatten();
                    let named = named.map(|(name, it)| (name.clone(), it));
                    let listed = member.as_array().into_iter().flatten().enumerate();
                    let listed = listed.map(|(index, it)| (index.to_string(), it));
                    let named = named.chain(listed);
                    parts = named
                        .map(|(name, it)| (format!("{place}/{name}"), it))
                        .collect();
                    let missing = parts.iter().filter(|(_, it)| !is_described(document, it));
                    found.extend(missing.map(|(place, _)| place.clone()));
                }
                "content" => {
                    for (media_type, content) in member.as_object().unwrap() {
                        if !is_described(document, &content["schema"]) {
                            found.push(format!("{place}/{media_type}"));
                        }
                    }
                }
                "requestBody" if !is_described(document, member) => found.push(place.clone()),
                _ => {}
            }
            for (place, part) in parts {
                undescribed(document, &place, part, found);
            }
        }
    }

    #[test]
    fn all_parts_have_descriptions() {
        let document = document();
        let mut found = Vec::new();
        undescribed(&document, "", &document, &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    /// The next type in the order of their definition. A new type must be given a place.
    fn next(kind: Type) -> Option<Type> {
        Some(match kind {
            Type::InvalidRequest => Type::InvalidParameters,
            Type::InvalidParameters => Type::Unauthenticated,
            Type::Unauthenticated => Type::Forbidden,
            Type::Forbidden => Type::NotFound,
            Type::NotFound => Type::MethodNotAllowed,
            Type::MethodNotAllowed => Type::NotAcceptable,
            Type::NotAcceptable => Type::RequestTimeout,
            Type::RequestTimeout => Type::RequestTooLarge,
            Type::RequestTooLarge => Type::TooManyRequests,
            Type::TooManyRequests => Type::UnsupportedMedia,
            Type::UnsupportedMedia => Type::MisdirectedRequest,
            Type::MisdirectedRequest => Type::Statement,
            Type::Statement => Type::UnsupportedResult,
            Type::UnsupportedResult => Type::ResultTooLarge,
            Type::ResultTooLarge => Type::StatementTimeout,
            Type::StatementTimeout => Type::UnknownOutcome,
            Type::UnknownOutcome => Type::IdempotencyKey,
            Type::IdempotencyKey => Type::Settings,
            Type::Settings => Type::Bug,
            Type::Bug => Type::Credentials,
            Type::Credentials => Type::Tls,
            Type::Tls => Type::Login,
            Type::Login => Type::Protocol,
            Type::Protocol => Type::Network,
            Type::Network => Type::TooManyConnections,
            Type::TooManyConnections => return None,
        })
    }

    #[test]
    fn it_has_the_types_of_errors_and_no_others() {
        let document = document();
        let types = &document["components"]["schemas"]["Error"]["properties"]["type"]["enum"];
        let types = types.as_array().unwrap();
        let listed: BTreeSet<&str> = types.iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(listed.len(), types.len());
        let all = successors(Some(Type::InvalidRequest), |kind| next(*kind));
        let names: Vec<Value> = all.map(|it| serde_json::to_value(it).unwrap()).collect();
        let known: BTreeSet<&str> = names.iter().map(|it| it.as_str().unwrap()).collect();
        assert_eq!(listed, known);
    }

    /// The statuses that the sources of errors name.
    fn statuses() -> BTreeSet<u16> {
        let sources = [
            include_str!("error.rs"),
            include_str!("status.rs"),
            include_str!("idempotency/errors.rs"),
            include_str!("../http/guards.rs"),
        ];
        let status = |name: &str| {
            (400..600).find(|number| {
                let status = StatusCode::from_u16(*number).unwrap();
                let words = status.canonical_reason().unwrap_or_default();
                words.to_ascii_uppercase().replace(' ', "_") == name
            })
        };
        let names = sources.iter().flat_map(|source| {
            let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
            source.split("StatusCode::").skip(1)
        });
        let is_in_name = |it: char| it.is_ascii_uppercase() || it == '_';
        names
            .filter_map(|rest| status(rest.split(|it| !is_in_name(it)).next().unwrap()))
            .collect()
    }

    #[test]
    fn it_has_the_statuses_of_errors_and_no_others() {
        let document = document();
        let known = statuses();
        assert!(known.len() > 10, "{known:?}");
        for path in ["/v1/query", "/v1/batch"] {
            let responses = document["paths"][path]["post"]["responses"].as_object();
            let listed = responses.unwrap().keys();
            let listed: BTreeSet<u16> = listed.map(|it| it.parse().unwrap()).collect();
            let errors: BTreeSet<u16> = listed.into_iter().filter(|it| *it >= 400).collect();
            assert_eq!(errors, known, "{path}");
        }
    }
}
