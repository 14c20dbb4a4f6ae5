//! SQL functions of text. As in MySQL, all of them but `LENGTH` count characters.

use rusqlite::functions::Context;
use rusqlite::{Connection, Result};

use super::{PURE, binary, not_emulated, ternary, unary};
use crate::collation::Collation;

const COLLATION: Collation = Collation::AccentInsensitive;

/// The longest text that `REPEAT`, `LPAD` and similar functions return. MySQL limits it by `max_allowed_packet`.
const LENGTH_LIMIT: usize = 1 << 24;

pub(super) fn add(connection: &Connection) -> Result<()> {
    add_measures(connection)?;
    add_conversions(connection)?;
    add_parts(connection)?;
    add_repetitions(connection)?;
    add_replacements(connection)?;
    add_comparisons(connection)
}

/// Registers functions that measure a text.
fn add_measures(connection: &Connection) -> Result<()> {
    type Measure = fn(&str) -> i64;
    const MEASURES: [(&str, Measure); 3] = [
        ("rds_text_length", |text| count(text.len())),
        ("rds_text_char_length", |text| count(text.chars().count())),
        ("rds_text_ascii", |text| {
            text.bytes().next().unwrap_or(0).into()
        }),
    ];
    for (name, measure) in MEASURES {
        unary(connection, name, move |text: String| Ok(measure(&text)))?;
    }
    Ok(())
}

/// Registers functions that convert a text.
fn add_conversions(connection: &Connection) -> Result<()> {
    type Convert = fn(&str) -> Result<String>;
    const CONVERSIONS: [(&str, Convert); 6] = [
        ("rds_text_upper", |text| {
            cased(text, char::to_ascii_uppercase, "UPPER")
        }),
        ("rds_text_lower", |text| {
            cased(text, char::to_ascii_lowercase, "LOWER")
        }),
        ("rds_text_reverse", |text| Ok(text.chars().rev().collect())),
        ("rds_text_trim", |text| {
            Ok(text.trim_matches(' ').to_owned())
        }),
        ("rds_text_ltrim", |text| {
            Ok(text.trim_start_matches(' ').to_owned())
        }),
        ("rds_text_rtrim", |text| {
            Ok(text.trim_end_matches(' ').to_owned())
        }),
    ];
    for (name, convert) in CONVERSIONS {
        unary(connection, name, move |text: String| convert(&text))?;
    }
    Ok(())
}

/// Registers functions that return a part of a text.
fn add_parts(connection: &Connection) -> Result<()> {
    binary(connection, "rds_text_left", |text: String, count: i64| {
        Ok(part(&text, 1, Some(count)))
    })?;
    binary(connection, "rds_text_right", |text: String, count: i64| {
        let length = self::count(text.chars().count());
        let kept = count.clamp(0, length);
        let start = length.saturating_sub(kept).saturating_add(1);
        Ok(part(&text, start, Some(kept)))
    })?;
    let name = "rds_text_substring";
    binary(connection, name, |text: String, start: i64| {
        Ok(part(&text, start, None))
    })?;
    ternary(connection, name, |text: String, start: i64, count: i64| {
        Ok(part(&text, start, Some(count)))
    })?;
    let name = "rds_text_substring_index";
    ternary(connection, name, |text: String, by: String, count: i64| {
        Ok(part_by(&text, &by, count))
    })
}

/// Registers functions that pad or repeat a text.
fn add_repetitions(connection: &Connection) -> Result<()> {
    unary(connection, "rds_text_space", |count: i64| {
        repeated(" ", count)
    })?;
    binary(connection, "rds_text_repeat", |text: String, count: i64| {
        repeated(&text, count)
    })?;
    for (name, is_left) in [("rds_text_lpad", true), ("rds_text_rpad", false)] {
        let pad =
            move |text: String, length: i64, with: String| padded(&text, length, &with, is_left);
        ternary(connection, name, pad)?;
    }
    Ok(())
}

/// Registers functions that replace parts of a text or join texts.
fn add_replacements(connection: &Connection) -> Result<()> {
    let replace = |text: String, from: String, to: String| {
        Ok(match from.is_empty() {
            true => text,
            false => text.replace(&from, &to),
        })
    };
    ternary(connection, "rds_text_replace", replace)?;
    connection.create_scalar_function("rds_concat_ws", -1, PURE, |context| concat_ws(context))
}

/// Registers functions that search or compare by the collation.
fn add_comparisons(connection: &Connection) -> Result<()> {
    let instr = |text: String, wanted: String| position(&text, &wanted);
    binary(connection, "rds_text_instr", instr)?;
    let locate = |wanted: String, text: String| position(&text, &wanted);
    binary(connection, "rds_text_locate", locate)?;
    let strcmp = |one: String, other: String| match COLLATION.compare(&one, &other) {
        Some(order) => Ok(i64::from(order as i8)),
        None => not_emulated("STRCMP() with characters whose order the emulator does not know"),
    };
    binary(connection, "rds_text_strcmp", strcmp)?;
    connection.create_scalar_function("rds_like", 4, PURE, |context| like(context))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn cased(text: &str, to: fn(&char) -> char, name: &str) -> Result<String> {
    match text.is_ascii() {
        true => Ok(text.chars().map(|character| to(&character)).collect()),
        false => not_emulated(format!("{name}() with letters that are not ASCII")),
    }
}

fn repeated(text: &str, count: i64) -> Result<String> {
    let count = usize::try_from(count).unwrap_or(0);
    match text.len().saturating_mul(count) <= LENGTH_LIMIT {
        true => Ok(text.repeat(count)),
        false => not_emulated(format!("text of more than {LENGTH_LIMIT} bytes")),
    }
}

/// `SUBSTRING`. `start` counts from 1, or back from the end if it is negative.
fn part(text: &str, start: i64, count: Option<i64>) -> String {
    let length = self::count(text.chars().count());
    let start = match start {
        0 => return String::new(),
        1.. => start.saturating_sub(1),
        _ => length.saturating_add(start),
    };
    if start < 0 || start >= length {
        return String::new();
    }
    let size = |number: i64| usize::try_from(number).unwrap_or(0);
    let rest = text.chars().skip(size(start));
    match count {
        Some(count) => rest.take(size(count)).collect(),
        None => rest.collect(),
    }
}

fn padded(text: &str, length: i64, with: &str, is_left: bool) -> Result<Option<String>> {
    let Ok(length) = usize::try_from(length) else {
        return Ok(None);
    };
    let has = text.chars().count();
    if has >= length {
        return Ok(Some(text.chars().take(length).collect()));
    }
    let name = if is_left { "LPAD" } else { "RPAD" };
    if with.is_empty() {
        return not_emulated(format!("{name}() with an empty string"));
    }
    if length > LENGTH_LIMIT {
        return not_emulated(format!("{name}() to more than {LENGTH_LIMIT} characters"));
    }
    let filling = with.chars().cycle().take(length.saturating_sub(has));
    let filling: String = filling.collect();
    Ok(Some(match is_left {
        true => format!("{filling}{text}"),
        false => format!("{text}{filling}"),
    }))
}

/// The position of `wanted` in `text` by the collation, counted from 1; 0 if it does not occur.
fn position(text: &str, wanted: &str) -> Result<i64> {
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..0x7F));
    if !is_plain(text) || !is_plain(wanted) {
        return not_emulated("INSTR() and LOCATE() with characters that are not ASCII");
    }
    let (text, wanted) = (text.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    Ok(text
        .find(&wanted)
        .map_or(0, |at| count(at.saturating_add(1))))
}

/// `SUBSTRING_INDEX`, which is case-sensitive.
fn part_by(text: &str, by: &str, count: i64) -> String {
    if by.is_empty() || count == 0 {
        return String::new();
    }
    let parts: Vec<&str> = text.split(by).collect();
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if wanted >= parts.len() {
        return text.to_owned();
    }
    let kept = match count > 0 {
        true => parts.get(..wanted),
        false => parts.get(parts.len().saturating_sub(wanted)..),
    };
    kept.unwrap_or_default().join(by)
}

fn concat_ws(context: &Context<'_>) -> Result<Option<String>> {
    let Some(separator) = context.get::<Option<String>>(0)? else {
        return Ok(None);
    };
    let mut parts = Vec::new();
    for index in 1..context.len() {
        parts.extend(context.get::<Option<String>>(index)?);
    }
    Ok(Some(parts.join(&separator)))
}

/// `rds_like(text, pattern, escape, collation)`
fn like(context: &Context<'_>) -> Result<Option<bool>> {
    let text: Option<String> = context.get(0)?;
    let pattern: Option<String> = context.get(1)?;
    let escape: String = context.get(2)?;
    let collation: String = context.get(3)?;
    let Some((text, pattern)) = text.zip(pattern) else {
        return Ok(None);
    };
    let collation = Collation::from_name(&collation).unwrap_or(COLLATION);
    let parts = parts(&pattern, escape.chars().next());
    let text: Vec<char> = text.chars().collect();
    match matches(&text, &parts, collation) {
        Some(matches) => Ok(Some(matches)),
        None => not_emulated("LIKE with characters whose order the emulator does not know"),
    }
}

/// An element of a pattern.
#[derive(Clone, Copy)]
enum Part {
    Any,
    One,
    Is(char),
}

fn parts(pattern: &str, escape: Option<char>) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        parts.push(match character {
            character if Some(character) == escape => {
                // At the end of the pattern, the escape character stands for itself.
                Part::Is(characters.next().unwrap_or(character))
            }
            '%' => Part::Any,
            '_' => Part::One,
            other => Part::Is(other),
        });
    }
    parts
}

/// Whether a text matches a pattern. `None` if the emulator does not know whether two characters are equal.
fn matches(text: &[char], parts: &[Part], collation: Collation) -> Option<bool> {
    let (mut at, mut of) = (0_usize, 0_usize);
    // The position of the last `%`, and the position in the text up to which it matches.
    let mut back: Option<(usize, usize)> = None;
    loop {
        let matched = match (parts.get(of), text.get(at)) {
            (None, None) => return Some(true),
            (Some(Part::Any), _) => {
                back = Some((of, at));
                of = of.saturating_add(1);
                continue;
            }
            (Some(Part::One), Some(_)) => true,
            (Some(Part::Is(wanted)), Some(found)) => collation.same(*wanted, *found)?,
            _ => false,
        };
        if matched {
            (at, of) = (at.saturating_add(1), of.saturating_add(1));
            continue;
        }
        let Some((part, reached)) = back.filter(|(_, reached)| *reached < text.len()) else {
            return Some(false);
        };
        back = Some((part, reached.saturating_add(1)));
        (at, of) = (reached.saturating_add(1), part.saturating_add(1));
    }
}
