//! Parsing of a column's definition.

use super::Constraints;
use crate::sql::catalog::{Column, DefaultValue};
use crate::sql::expression::refused;
use crate::sql::lexer::TokenKind;
use crate::sql::parser::{Parser, Result};

impl Parser<'_> {
    pub(super) fn column_definition(&mut self, constraints: &mut Constraints) -> Result<Column> {
        let name = self.name()?;
        let declared = self.column_type()?;
        let mut column = Column {
            name,
            declared,
            collation: None,
            is_nullable: true,
            key: String::new(),
            default: DefaultValue::None,
            has_ids: false,
            is_set_on_update: false,
        };
        while self.kind(0).is_some() && !self.is_other(0, ',') && !self.is_other(0, ')') {
            self.attribute(&mut column, constraints)?;
        }
        Ok(column)
    }

    fn attribute(&mut self, column: &mut Column, constraints: &mut Constraints) -> Result<()> {
        if self.take(&["NOT", "NULL"]) {
            column.is_nullable = false;
        } else if self.take(&["NULL"]) {
            column.is_nullable = true;
        } else if self.take(&["AUTO_INCREMENT"]) {
            column.has_ids = true;
            column.is_nullable = false;
        } else if self.take(&["PRIMARY", "KEY"]) || self.take(&["PRIMARY"]) {
            constraints.keys.push((true, vec![column.name.clone()]));
        } else if self.take(&["UNIQUE", "KEY"]) || self.take(&["UNIQUE"]) {
            constraints.keys.push((false, vec![column.name.clone()]));
        } else if self.take(&["COMMENT"]) {
            self.advance(1);
        } else if self.take(&["COLLATE"]) {
            let collation = self.word_or_text()?;
            column.collation = Some(collation.to_ascii_lowercase());
        } else if self.take(&["CHARACTER", "SET"]) || self.take(&["CHARSET"]) {
            let charset = self.word_or_text()?;
            column.collation = Some(default_collation(Some(&charset)));
        } else if self.take(&["DEFAULT"]) {
            column.default = self.default_value(column)?;
        } else if self.take(&["ON", "UPDATE"]) {
            self.now()?;
            column.is_set_on_update = true;
        } else if self.take(&["CHECK"]) {
            constraints.checks.push(self.position());
            self.skip_parentheses()?;
        } else {
            let what = self.next_word()?.to_ascii_uppercase();
            return refused(format!("the column attribute {what}"));
        }
        Ok(())
    }

    fn default_value(&mut self, column: &Column) -> Result<DefaultValue> {
        if self.take(&["NULL"]) {
            return Ok(DefaultValue::None);
        }
        if self.take(&["TRUE"]) {
            return Ok(DefaultValue::Literal("1".to_owned()));
        }
        if self.take(&["FALSE"]) {
            return Ok(DefaultValue::Literal("0".to_owned()));
        }
        let sign = match self.take_other('-') {
            true => "-",
            false => "",
        };
        match self.kind(0).cloned() {
            Some(TokenKind::Number(number)) => {
                self.advance(1);
                Ok(DefaultValue::Literal(format!("{sign}{number}")))
            }
            Some(TokenKind::Text(text)) if sign.is_empty() => {
                self.advance(1);
                let text = String::from_utf8_lossy(&text).into_owned();
                Ok(DefaultValue::Literal(text))
            }
            Some(TokenKind::Word(_)) if sign.is_empty() => {
                let is_moment = ["datetime", "timestamp"];
                if !is_moment.iter().any(|it| column.declared.starts_with(it)) {
                    return refused("DEFAULT with this expression");
                }
                self.now()?;
                Ok(DefaultValue::Now)
            }
            _ => refused("DEFAULT with this expression"),
        }
    }

    /// Parses `CURRENT_TIMESTAMP(6)` or a synonym.
    fn now(&mut self) -> Result<()> {
        let is_now = ["NOW", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP"]
            .iter()
            .any(|word| self.take(&[word]));
        if !is_now {
            return Err(self.unexpected());
        }
        match self.is_other(0, '(') {
            true => self.skip_parentheses(),
            false => Ok(()),
        }
    }

    /// Parses a type. Returns it in the form that `DESCRIBE` shows.
    fn column_type(&mut self) -> Result<String> {
        let word = self.next_word()?.to_ascii_lowercase();
        self.take(&["PRECISION"]);
        let start = self.position();
        let mut arguments = String::new();
        if self.is_other(0, '(') {
            self.skip_parentheses()?;
            arguments = self.text_from(start);
            let is_enumeration = word == "enum" || word == "set";
            if !is_enumeration {
                arguments.retain(|character| character != ' ');
            }
        }
        let mut declared = match word.as_str() {
            "tinyint" if arguments == "(1)" => "tinyint(1)".to_owned(),
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => word,
            "integer" => "int".to_owned(),
            "bool" | "boolean" => "tinyint(1)".to_owned(),
            "decimal" | "numeric" | "dec" => match arguments.as_str() {
                "" => "decimal(10,0)".to_owned(),
                given if given.contains(',') => format!("decimal{given}"),
                given => format!("decimal{},0)", given.trim_end_matches(')')),
            },
            "double" | "real" if arguments.is_empty() => "double".to_owned(),
            "float" if arguments.is_empty() => word,
            "char" | "binary" | "bit" if arguments.is_empty() => format!("{word}(1)"),
            "char" | "varchar" | "varbinary" | "binary" | "bit" | "datetime" | "timestamp"
            | "time" | "enum" | "set" => format!("{word}{arguments}"),
            "tinytext" | "text" | "mediumtext" | "longtext" | "tinyblob" | "blob"
            | "mediumblob" | "longblob" | "date" | "json" | "year" => word,
            _ => return refused(format!("a column of the type {word}{arguments}")),
        };
        self.take(&["SIGNED"]);
        if self.take(&["UNSIGNED"]) {
            declared.push_str(" unsigned");
        }
        if self.is_word(0, "ZEROFILL") {
            return refused("ZEROFILL");
        }
        Ok(declared)
    }
}

/// The default collation of a character set.
pub(super) fn default_collation(charset: Option<&str>) -> String {
    match charset.map(str::to_ascii_lowercase).as_deref() {
        None | Some("utf8mb4") => super::default_name(),
        Some("utf8" | "utf8mb3") => "utf8mb3_general_ci".to_owned(),
        Some(other) => format!("{other}_default"),
    }
}

/// Whether the type's values have a collation.
pub(super) fn is_text(declared: &str) -> bool {
    let word = declared.split('(').next().unwrap_or_default();
    [
        "char",
        "varchar",
        "tinytext",
        "text",
        "mediumtext",
        "longtext",
        "enum",
        "set",
    ]
    .contains(&word)
}
