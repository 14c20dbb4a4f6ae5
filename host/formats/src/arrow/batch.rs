//! Collects rows into record batches of at most 16,384 rows. A batch ends with the row that reaches 1 MiB of values.

use arrow_array::RecordBatch;
use arrow_array::RecordBatchOptions;
use arrow_schema::SchemaRef;

use super::array::{ArrayBuilder, Refusal};
use super::error::Error;
use rds_bridge::mysql::Row;

const MAX_ROWS: usize = 16_384;
const MAX_BYTES: usize = 1 << 20;

pub(super) struct BatchBuilder {
    schema: SchemaRef,
    arrays: Vec<ArrayBuilder>,
    /// Bytes per row in arrays of fixed width; values of variable length are counted separately.
    row_width: usize,
    rows: usize,
    bytes: usize,
    /// Rows in previous batches, for the row number in errors.
    rows_before: u64,
}

impl BatchBuilder {
    pub(super) fn new(schema: SchemaRef) -> Result<Self, Error> {
        let arrays = builders(&schema, 0)?;
        let widths = arrays.iter().map(ArrayBuilder::width);
        Ok(Self {
            row_width: widths.sum::<usize>().max(1),
            schema,
            arrays,
            rows: 0,
            bytes: 0,
            rows_before: 0,
        })
    }

    pub(super) fn append(&mut self, row: &Row<'_>) -> Result<(), Error> {
        let mut bytes = self.row_width;
        for (index, array) in self.arrays.iter_mut().enumerate() {
            match array.append(row, index) {
                Ok(length) => bytes = bytes.saturating_add(length),
                Err(refusal) => return Err(self.refused(refusal, row, index)),
            }
        }
        self.rows = self.rows.saturating_add(1);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows >= MAX_ROWS || self.bytes >= MAX_BYTES
    }

    pub(super) fn finish(&mut self) -> Result<RecordBatch, Error> {
        let arrays = self.arrays.iter_mut().map(ArrayBuilder::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)?;
        // The next batch will probably have as many rows: reserve their memory at once.
        self.arrays = builders(&self.schema, self.rows)?;
        self.rows_before = self
            .rows_before
            .saturating_add(u64::try_from(self.rows).unwrap_or(u64::MAX));
        self.rows = 0;
        self.bytes = 0;
        Ok(batch)
    }

    #[cold]
    fn refused(&self, refusal: Refusal, row: &Row<'_>, index: usize) -> Error {
        let unfit = match refusal {
            Refusal::Unfit(unfit) => unfit,
            Refusal::Value(error) => return error.into(),
        };
        let before = u64::try_from(self.rows).unwrap_or(u64::MAX);
        let column = row.columns().get(index);
        Error::Unfit {
            row: self.rows_before.saturating_add(before).saturating_add(1),
            column: column
                .map(|column| column.name().to_owned())
                .unwrap_or_default(),
            unfit,
        }
    }
}

fn builders(schema: &SchemaRef, rows: usize) -> Result<Vec<ArrayBuilder>, Error> {
    let fields = schema.fields().iter();
    fields
        .map(|field| ArrayBuilder::new(field.data_type(), rows))
        .collect()
}
