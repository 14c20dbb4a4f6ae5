//! Parquet. A row group is kept in memory until it is complete: at 16 MiB of encoded data or 1,048,576 rows.
//!
//! The settings favour fast writing. Pages are compressed with Snappy. A column uses a dictionary only while the
//! dictionary is at most 64 KiB, which suits few, repeated values: looking values up is the largest cost of writing.
//! Statistics (minimum and maximum) are written per row group and not per page.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::Sink;
use super::error::Error;

const ROW_GROUP_BYTES: usize = 16 << 20;
const ROW_GROUP_ROWS: usize = 1 << 20;
const DICTIONARY_BYTES: usize = 64 << 10;

struct File(ArrowWriter<Vec<u8>>);

pub(super) fn file(schema: SchemaRef) -> Result<Box<dyn Sink>, Error> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_page_size_limit(DICTIONARY_BYTES)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .build();
    let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
    Ok(Box::new(File(writer)))
}

impl Sink for File {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
        self.0.write(batch)?;
        if self.0.memory_size() >= ROW_GROUP_BYTES {
            self.0.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Error> {
        self.0.finish()?;
        Ok(())
    }

    fn bytes(&mut self) -> &mut Vec<u8> {
        self.0.inner_mut()
    }

    /// Readers start at the end of a file. With these bytes, no footer is there.
    fn cut_off(&self) -> &'static [u8] {
        b"incomplete"
    }
}
