//! The parameters of a statement, in the order of the command line.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::binding::{self, Values};
use crate::error::Error;
use rds_bridge::mysql::Param;

const TEXT: &str = "param";
const JSON: &str = "param-json";
const TEXT_HELP: &str =
    "Bind a string to the next question mark, or with NAME= to :NAME in the statement; repeatable";
const JSON_HELP: &str = "Bind a value with a type, written as JSON, to the next question mark, or with NAME= to :NAME \
                         in the statement; repeatable";
const JSON_LONG_HELP: &str = "Bind a value with a type, written as JSON, to the next question mark, or with NAME= to \
                              :NAME in the statement; repeatable\n\n\
    JSON is a number, a string in quotes, true, false or null; or an array of these for IN, as in --param-json \
    'ids=[1,2]' for WHERE id IN (:ids). A number keeps all its digits: it becomes an integer; a \
    DECIMAL, if it has a decimal point or does not fit into 64 bits; or a DOUBLE, if it has an exponent.";

/// `--param` and `--param-json`. Not derived, because a derived list for each flag loses the order of mixed flags.
#[derive(Debug)]
pub(super) struct Params {
    in_order: Vec<Given>,
}

#[derive(Clone, Debug)]
pub(super) enum Given {
    Text(String),
    Json(String),
}

impl Given {
    /// The option, for messages.
    pub(super) fn option(&self) -> &'static str {
        match self {
            Self::Text(_) => "--param",
            Self::Json(_) => "--param-json",
        }
    }

    /// Splits `name=value`.
    pub(super) fn named(&self) -> Option<(&str, Self)> {
        let split = |text: &'_ String| -> Option<(usize, String)> {
            let (name, value) = text.split_once('=')?;
            let begins = name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
            let is_name = begins
                && name
                    .chars()
                    .all(|it| it.is_ascii_alphanumeric() || it == '_');
            is_name.then(|| (name.len(), value.to_owned()))
        };
        let (Self::Text(text) | Self::Json(text)) = self;
        let (length, value) = split(text)?;
        let value = match self {
            Self::Text(_) => Self::Text(value),
            Self::Json(_) => Self::Json(value),
        };
        Some((text.get(..length)?, value))
    }

    pub(super) fn values(&self) -> Result<Values, Error> {
        match self {
            Self::Text(text) => Ok(Values::One(Param::from(text.as_str()))),
            Self::Json(json) => parse_json(json),
        }
    }
}

impl Params {
    pub(super) fn is_empty(&self) -> bool {
        self.in_order.is_empty()
    }

    /// The statement with question marks alone, and the parameters for them.
    pub(super) fn bind(&self, sql: &str) -> Result<(String, Vec<Param>), Error> {
        binding::bind(sql, &self.in_order)
    }
}

impl Args for Params {
    fn augment_args(command: Command) -> Command {
        let flag = |name, value, help| {
            Arg::new(name)
                .long(name)
                .value_name(value)
                .help(help)
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
        };
        command
            .arg(flag(TEXT, "[NAME=]TEXT", TEXT_HELP))
            .arg(flag(JSON, "[NAME=]JSON", JSON_HELP).long_help(JSON_LONG_HELP))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Params {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut placed: Vec<(usize, Given)> = Vec::new();
        for name in [TEXT, JSON] {
            let places = matches.indices_of(name).into_iter().flatten();
            let values = matches.get_many::<String>(name).into_iter().flatten();
            let given = values.cloned().map(|value| match name {
                TEXT => Given::Text(value),
                _ => Given::Json(value),
            });
            placed.extend(places.zip(given));
        }
        placed.sort_by_key(|(place, _)| *place);
        let in_order = placed.into_iter().map(|(_, given)| given).collect();
        Ok(Self { in_order })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn wrong(json: &str, problem: &str) -> Error {
    let json: String = json.chars().take(SHOWN).collect();
    Error::Usage(format!(
        "--param-json {json}: {problem} (see rds-bridge query --help)"
    ))
}

fn parse_json(text: &str) -> Result<Values, Error> {
    let text = text.trim_ascii();
    if !text.starts_with('[') {
        return parse_scalar(text).map(Values::One);
    }
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|_| wrong(text, KINDS))?;
    if elements.is_empty() {
        return Err(wrong(
            text,
            "the array is empty, and IN () is not valid SQL",
        ));
    }
    let params = elements.iter().map(|it| parse_scalar(it.get()));
    params.collect::<Result<_, _>>().map(Values::List)
}

fn parse_scalar(text: &str) -> Result<Param, Error> {
    // Not by serde_json's numbers, which do not keep every digit.
    if text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return match serde_json::from_str::<&RawValue>(text) {
            Ok(number) => {
                Param::from_number(number.get()).map_err(|error| wrong(text, &error.to_string()))
            }
            Err(_) => Err(wrong(text, KINDS)),
        };
    }
    match serde_json::from_str(text).map_err(|_| wrong(text, KINDS))? {
        Json::Null => Ok(Param::Null),
        Json::Bool(it) => Ok(Param::from(it)),
        Json::String(string) => Ok(Param::from(string)),
        Json::Number(_) | Json::Array(_) | Json::Object(_) => Err(wrong(text, KINDS)),
    }
}

const KINDS: &str =
    "expected a number, a string in quotes, true, false or null, or an array of these";

/// How many characters of a wrong value a message shows.
const SHOWN: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_order_of_the_command_line() {
        let command = Params::augment_args(Command::new("query"));
        let line = [
            "query",
            "--param",
            "a",
            "--param-json",
            "7",
            "--param",
            "-b",
        ];
        let matches = command.try_get_matches_from(line).unwrap();
        let params = Params::from_arg_matches(&matches).unwrap();
        let (_, params) = params.bind("SELECT ?, ?, ?").unwrap();
        assert_eq!(
            params,
            [Param::from("a"), Param::from(7), Param::from("-b")]
        );
    }

    fn one(json: &str) -> Param {
        match parse_json(json).unwrap() {
            Values::One(param) => param,
            Values::List(list) => panic!("{list:?}"),
        }
    }

    #[test]
    fn json_has_the_type() {
        assert_eq!(one("null"), Param::Null);
        assert_eq!(one("true"), Param::from(1_i64));
        assert_eq!(one("18446744073709551615"), Param::from(u64::MAX));
        assert_eq!(one(" 1.5e0\n"), Param::from(1.5));
        for decimal in ["1.5", "18446744073709551617", "123456789012345678.25"] {
            assert_eq!(one(decimal), Param::Decimal(decimal.parse().unwrap()));
        }
        assert_eq!(one("\"7\""), Param::from("7"));
    }

    #[test]
    fn other_json_is_refused() {
        for (text, words) in [
            ("[[1]]", "a number, a string"),
            ("[1", "a number, a string"),
            ("[]", "the array is empty"),
            ("{}", "a number, a string"),
            ("abc", "a number, a string"),
            ("", "a number, a string"),
            ("1 2", "a number, a string"),
            ("01", "a number, a string"),
            ("-", "a number, a string"),
            ("1e400", "out of range"),
            ("123456789012345678.25e0", "more digits"),
            (
                "1.0000000000000000000000000000001",
                "at most 30 of them after the decimal point",
            ),
        ] {
            let error = parse_json(text).unwrap_err().to_string();
            assert!(
                error.contains("--param-json") && error.contains(words),
                "{error}"
            );
        }
    }
}
