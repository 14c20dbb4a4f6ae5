//! Parameters from the command line, in the order in which they stand there.

use clap::ArgMatches;
use serde_json::Value as Json;

use crate::cli::error::Error;
use crate::mysql::Param;

/// Where on the command line each `--param` and each `--param-json` stands.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Order {
    texts: Vec<usize>,
    jsons: Vec<usize>,
}

impl Order {
    pub(in crate::cli) fn of(matches: &ArgMatches) -> Self {
        let places = |name| matches.indices_of(name).map(Iterator::collect);
        Self {
            texts: places("param").unwrap_or_default(),
            jsons: places("param_json").unwrap_or_default(),
        }
    }

    pub(super) fn params(&self, texts: &[String], jsons: &[String]) -> Result<Vec<Param>, Error> {
        let texts = self.texts.iter().zip(texts);
        let texts = texts.map(|(place, text)| Ok((place, Param::from(text.as_str()))));
        let jsons = self.jsons.iter().zip(jsons);
        let jsons = jsons.map(|(place, json)| Ok((place, typed(json)?)));
        let mut params = texts.chain(jsons).collect::<Result<Vec<_>, Error>>()?;
        params.sort_by_key(|(place, _)| **place);
        Ok(params.into_iter().map(|(_, param)| param).collect())
    }
}

fn typed(text: &str) -> Result<Param, Error> {
    let wrong = || {
        Error::Usage(
            "--param-json takes a number, a text in quotes, true, false or null (see rds-bridge query --help)"
                .to_owned(),
        )
    };
    match serde_json::from_str(text).map_err(|_| wrong())? {
        Json::Null => Ok(Param::Null),
        Json::Bool(it) => Ok(Param::from(it)),
        Json::String(text) => Ok(Param::from(text)),
        Json::Number(number) => number
            .as_i64()
            .map(Param::from)
            .or_else(|| number.as_u64().map(Param::from))
            .or_else(|| number.as_f64().map(Param::from))
            .ok_or_else(wrong),
        Json::Array(_) | Json::Object(_) => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_order_of_the_command_line() {
        let order = Order {
            texts: vec![2, 6],
            jsons: vec![4],
        };
        let params = order
            .params(&["a".into(), "b".into()], &["7".into()])
            .unwrap();
        assert_eq!(params, [Param::from("a"), Param::from(7), Param::from("b")]);
    }

    #[test]
    fn json_has_the_type() {
        assert_eq!(typed("null").unwrap(), Param::Null);
        assert_eq!(typed("true").unwrap(), Param::from(1_i64));
        assert_eq!(
            typed("18446744073709551615").unwrap(),
            Param::from(u64::MAX)
        );
        assert_eq!(typed("1.5").unwrap(), Param::from(1.5));
        assert_eq!(typed("\"7\"").unwrap(), Param::from("7"));
        assert!(typed("[1]").is_err());
        assert!(typed("abc").is_err());
    }
}
