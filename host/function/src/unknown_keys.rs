//! Refuses events with unknown keys: a misspelt key, or an event of another service.
//!
//! Such an event must not execute the default statement: a queue would take the success for the processing of its
//! message, and delete the message.

use super::event_form::{HOW, Origin};
use super::failure::{Failure, Type};
use super::keys::Keys;
use super::quoted::quoted;

const KNOWN: [&str; 3] = ["query", "sql", "parameters"];
/// The keys that select a statement.
const STATEMENTS: [&str; 2] = ["query", "sql"];
/// Names that other interfaces use for the same keys.
const SYNONYMS: [(&str, &str); 6] = [
    ("args", "parameters"),
    ("arguments", "parameters"),
    ("bindings", "parameters"),
    ("params", "parameters"),
    ("queries", "query"),
    ("statement", "sql"),
];
/// Keys that identify the service that sent an event. Source: AWS Lambda Developer Guide, "Lambda event source
/// mappings" and "Invoking Lambda with events from other AWS services".
const SERVICES: [(&str, &str); 13] = [
    (
        "Records",
        "a service that sends records (SQS, SNS, S3, Kinesis, DynamoDB …)",
    ),
    ("records", "Amazon Data Firehose or Kafka"),
    ("detail-type", "EventBridge"),
    ("awslogs", "a CloudWatch Logs subscription"),
    ("triggerSource", "Amazon Cognito"),
    ("RequestType", "CloudFormation"),
    ("CodePipeline.job", "CodePipeline"),
    ("invokingEvent", "AWS Config"),
    ("tasks", "S3 Batch Operations"),
    ("SecretId", "a rotation of Secrets Manager"),
    ("messages", "Amazon MQ"),
    ("eventSource", "an event source mapping"),
    ("requestContext", "an API"),
];
/// The `detail-type` and `source` that EventBridge and EventBridge Scheduler send if a schedule does not define an
/// input.
const SCHEDULED: (&str, [&str; 2]) = ("Scheduled Event", ["aws.events", "aws.scheduler"]);
/// The keys of the Lambda console's default test event.
const CONSOLE_TEST: [&str; 3] = ["key1", "key2", "key3"];

/// Refuses unknown keys.
///
/// Over HTTP, every unknown key is refused. In a direct event, an unknown key is refused if it resembles a known one,
/// or if the event selects no statement. An event of a schedule or of the console's test is accepted. A direct event
/// that selects a statement may have other keys, because a state machine passes its own on.
pub(super) fn check(keys: &Keys, origin: Origin) -> Result<(), Failure> {
    let unknown: Vec<&str> = keys.names().filter(|name| !KNOWN.contains(name)).collect();
    let Some(first) = unknown.first() else {
        return Ok(());
    };
    let is_tolerated = match origin {
        Origin::Direct => {
            is_scheduled(keys) || unknown.iter().all(|name| CONSOLE_TEST.contains(name))
        }
        Origin::Http => false,
    };
    if is_tolerated {
        return Ok(());
    }
    if let Some((name, meant)) = unknown.iter().find_map(|name| Some((name, meant(name)?))) {
        let problem = format!(
            "{} is not a key of the event: did you mean {meant:?}?",
            quoted(name)
        );
        return Err(Failure::new(Type::InvalidEvent, problem).with_hint(HOW));
    }
    let names_statement = STATEMENTS.iter().any(|name| keys.raw(name).is_some());
    if origin == Origin::Direct && names_statement {
        return Ok(());
    }
    let service = SERVICES.iter().find(|(name, _)| keys.has(name));
    let problem = match service {
        Some((name, service)) if origin == Origin::Direct => {
            let sender = sender(keys, name).unwrap_or_else(|| (*service).to_owned());
            format!(
                "the event seems to be from {sender} (it has the key {name:?}), but selects no statement"
            )
        }
        _ => format!(
            "{} is not a key of the event: the keys are \"query\", \"sql\" and \"parameters\"",
            quoted(first)
        ),
    };
    Err(Failure::new(Type::InvalidEvent, problem).with_hint(HOW))
}

fn is_scheduled(keys: &Keys) -> bool {
    let (kind, sources) = SCHEDULED;
    keys.json("detail-type") == kind && sources.iter().any(|source| keys.json("source") == *source)
}

/// The source that the event itself names, for the error message.
fn sender(keys: &Keys, key: &str) -> Option<String> {
    let source = match key {
        "Records" => {
            let records = keys.json(key);
            let first = records.get(0)?;
            // SNS capitalises this key.
            first
                .get("eventSource")
                .or_else(|| first.get("EventSource"))
                .cloned()?
        }
        "detail-type" => keys.json("source"),
        _ => keys.json("eventSource"),
    };
    source.as_str().map(quoted)
}

/// The known key that the caller probably meant.
fn meant(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let synonym = SYNONYMS.iter().find(|(other, _)| *other == lower);
    synonym
        .map(|(_, meant)| *meant)
        .or_else(|| KNOWN.into_iter().find(|known| is_near(&lower, known)))
}

/// Whether a name equals a known key, or differs from it by at most one edit, or two for a key of more than three
/// letters. A swap of two adjacent letters is one edit.
fn is_near(lower: &str, known: &str) -> bool {
    let slips = match known.len() {
        ..=3 => 1,
        _ => 2,
    };
    lower.len().abs_diff(known.len()) <= slips && strsim::osa_distance(lower, known) <= slips
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn problem(event: &Json, origin: Origin) -> Option<String> {
        let keys = Keys::read(&event.to_string()).unwrap();
        let failure = check(&keys, origin).err()?;
        assert_eq!(failure.kind(), Type::InvalidEvent);
        Some(failure.message().to_owned())
    }

    #[test]
    fn a_slip_is_named() {
        for (key, known) in [
            ("Query", "query"),
            ("QUERY", "query"),
            ("qurey", "query"),
            ("queri", "query"),
            ("quer", "query"),
            ("querys", "query"),
            ("SQL", "sql"),
            ("slq", "sql"),
            ("sqll", "sql"),
            ("Parameters", "parameters"),
            ("paramters", "parameters"),
            ("parameter", "parameters"),
            ("params", "parameters"),
            ("statement", "sql"),
        ] {
            for origin in [Origin::Direct, Origin::Http] {
                let event = json!({"query": "a", key: "b"});
                let problem = problem(&event, origin).unwrap();
                let expected =
                    format!("{key:?} is not a key of the event: did you mean {known:?}?");
                assert_eq!(problem, expected);
            }
        }
    }

    #[test]
    fn events_of_other_services_name_theirs() {
        for (event, words) in [
            (
                json!({"Records": [{"eventSource": "aws:sqs"}]}),
                "from \"aws:sqs\"",
            ),
            (
                json!({"Records": [{"EventSource": "aws:sns"}]}),
                "from \"aws:sns\"",
            ),
            (json!({"Records": []}), "SQS"),
            (json!({"Records": 7}), "SQS"),
            (
                json!({"eventSource": "aws:kafka", "records": {}}),
                "\"aws:kafka\"",
            ),
            (json!({"awslogs": {"data": "…"}}), "CloudWatch Logs"),
            (
                json!({"detail-type": "Object Created", "source": "aws.s3"}),
                "\"aws.s3\"",
            ),
            (
                json!({"detail-type": "Scheduled Event", "source": "mine"}),
                "\"mine\"",
            ),
            (json!({"anything": 1}), "\"anything\" is not a key"),
            (
                json!({"name": "by_id", "parameters": []}),
                "\"name\" is not a key",
            ),
            (json!({"query": null, "Records": []}), "SQS"),
            (json!({"key1": "x", "key4": "x"}), "\"key1\" is not a key"),
        ] {
            let problem = problem(&event, Origin::Direct).unwrap();
            assert!(problem.contains(words), "{problem}");
        }
    }

    #[test]
    fn what_may_be_there() {
        for event in [
            json!({}),
            json!({"key1": "value1", "key2": "value2", "key3": "value3"}),
            json!({"query": "a", "traceId": 7}),
            json!({"sql": "a", "Records": []}),
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}),
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler"}),
        ] {
            assert_eq!(problem(&event, Origin::Direct), None, "{event}");
            let over_http = problem(&event, Origin::Http);
            assert_eq!(over_http.is_none(), event == json!({}), "{event}");
        }
    }
}
