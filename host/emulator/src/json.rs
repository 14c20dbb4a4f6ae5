//! JSON in the form in which MySQL stores and prints it.

use serde_json::Value;

/// Normalises a JSON text: members sorted, spaces as MySQL prints them. `None` if the text is not JSON, or if it
/// contains a number that MySQL may print in another form.
pub(super) fn canonical(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let mut written = String::new();
    write(&value, &mut written)?;
    Some(written)
}

fn write(value: &Value, written: &mut String) -> Option<()> {
    match value {
        Value::Number(number) if !number.is_i64() => return None,
        Value::Array(values) => {
            written.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    written.push_str(", ");
                }
                write(value, written)?;
            }
            written.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // MySQL sorts members by the length of their names, then by the names.
            members.sort_by(|(one, _), (other, _)| {
                one.len().cmp(&other.len()).then_with(|| one.cmp(other))
            });
            written.push('{');
            for (index, (name, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    written.push_str(", ");
                }
                written.push_str(&serde_json::to_string(name).ok()?);
                written.push_str(": ");
                write(value, written)?;
            }
            written.push('}');
        }
        other => written.push_str(&serde_json::to_string(other).ok()?),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn names_are_sorted_by_their_length() {
        assert_eq!(
            canonical(r#"{"bb":[1,true,null],"c":{},"a":"é\n"}"#).as_deref(),
            Some(r#"{"a": "é\n", "c": {}, "bb": [1, true, null]}"#)
        );
        assert_eq!(canonical("1.5"), None);
        assert_eq!(canonical("{"), None);
    }
}
