//! Statements and their rows, in both protocols.

pub(crate) mod column_types;
pub(crate) mod derived_rows;
pub(crate) mod exact_numbers;
pub(crate) mod fetching;
pub(crate) mod local_infile;
pub(crate) mod long_statements;
pub(crate) mod mysql_features;
pub(crate) mod parameter_types;
pub(crate) mod protocol_choice;
pub(crate) mod protocol_choice_of_peers;
pub(crate) mod read_limits;
pub(crate) mod rows;
pub(crate) mod rows_as_tuples;
pub(crate) mod several;
pub(crate) mod statement_spans;
pub(crate) mod transactions;
pub(crate) mod vector_columns;
