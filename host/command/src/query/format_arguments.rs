//! Options of the output format.

use std::path::Path;

use clap::{Args, ValueEnum};

use super::compression::Compression;
use crate::error::Error;
use rds_bridge_formats::{
    CsvDelimiter, Encoder, Format, Header, JsonBigint, TableWidth, TextOptions, TooMany,
};

#[derive(Args, Debug)]
pub(super) struct FormatArguments {
    /// Output format
    ///
    /// By default, the file extension of --output decides. Without a file, the format is table on a terminal and ndjson
    /// elsewhere.
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// Omit the header line of csv and tsv
    #[arg(long)]
    no_header: bool,

    /// Field delimiter of csv [default: comma]
    ///
    /// The character itself works too, as in --delimiter ';'. Excel expects semicolons in regions whose decimal
    /// separator is a comma.
    #[arg(long, value_enum, value_name = "DELIMITER")]
    delimiter: Option<DelimiterArgument>,

    /// Width to fit a table into, in characters; 0 is unlimited [default: the terminal's width]
    ///
    /// Values that are too long are cut and end with an ellipsis; numbers are not cut. If a result has too many columns
    /// for this width, it is written as vertical, unless --format table is given. By default, output to a file or a
    /// pipe is not cut.
    #[arg(long, value_name = "NUMBER")]
    columns: Option<usize>,

    /// How to write BIGINT columns in JSON
    ///
    /// JavaScript and jq round integers beyond 2^53 (9007199254740992). DECIMAL columns are always strings.
    #[arg(long, value_enum, default_value = "number", value_name = "FORM")]
    json_bigint: JsonBigint,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DelimiterArgument {
    #[value(alias = ",")]
    Comma,
    #[value(alias = ";")]
    Semicolon,
    #[value(aliases = ["\t", "\\t"])]
    Tab,
    #[value(alias = "|")]
    Pipe,
}

impl From<DelimiterArgument> for CsvDelimiter {
    fn from(argument: DelimiterArgument) -> Self {
        match argument {
            DelimiterArgument::Comma => Self::Comma,
            DelimiterArgument::Semicolon => Self::Semicolon,
            DelimiterArgument::Tab => Self::Tab,
            DelimiterArgument::Pipe => Self::Pipe,
        }
    }
}

impl FormatArguments {
    /// The format given, or that of the extension of a file to write.
    pub(super) fn given_or_of_file(&self, file: Option<&Path>) -> Result<Option<Format>, Error> {
        if self.format.is_some() {
            return Ok(self.format);
        }
        let Some(path) = file else {
            return Ok(None);
        };
        let (_, uncompressed) = Compression::of_file(path);
        let format = Format::of_file(&uncompressed).ok_or_else(|| {
            Error::Usage(format!(
                "the name of {} does not have the extension of a format: add --format, or use one of {}, to which .gz \
                 or .zst may be appended",
                path.display(),
                Format::endings()
            ))
        })?;
        Ok(Some(format))
    }

    /// The encoder of a format. `terminal` is the width of the terminal that shows the rows, if one does.
    pub(super) fn encoder(
        &self,
        format: Format,
        terminal: Option<usize>,
    ) -> Result<Encoder, Error> {
        let has_header = matches!(format, Format::Csv | Format::Tsv);
        if self.no_header && !has_header {
            return Err(unfit("--no-header", &["csv", "tsv"]));
        }
        if self.delimiter.is_some() && format != Format::Csv {
            return Err(unfit("--delimiter", &["csv"]));
        }
        if self.columns.is_some() && format != Format::Table {
            return Err(unfit("--columns", &["table"]));
        }
        let width = self.columns.or(terminal).filter(|width| *width > 0);
        let options = TextOptions {
            table_width: width.map(|columns| TableWidth {
                columns,
                too_many: if self.format.is_some() {
                    TooMany::WiderTable
                } else {
                    TooMany::Vertical
                },
            }),
            json_bigint: self.json_bigint,
            header: if self.no_header {
                Header::Omitted
            } else {
                Header::Written
            },
            csv_delimiter: self.delimiter.map(Into::into).unwrap_or_default(),
        };
        Ok(format.encoder(&options)?)
    }
}

fn unfit(option: &str, formats: &[&str]) -> Error {
    let options = formats.iter().map(|format| format!("--format {format}"));
    let options = options.collect::<Vec<_>>().join(" or ");
    Error::Usage(format!(
        "{option} applies only to {}: add {options} (see rds-bridge query --help)",
        formats.join(" and ")
    ))
}
