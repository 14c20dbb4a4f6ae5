//! Parquet. A row group is held in memory until it is written: 16 MiB of it, as it is in the file, or 1,048,576
//! rows.
//!
//! Made to be written fast. Pages are compressed by Snappy. Values get a dictionary as long as it is small, as
//! where they are few and repeat: one that grows is given up soon, for to look every value up is the most
//! that writing costs. Minimum and maximum are kept for each row group, and not for each page.

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

    /// It is read from its end, where the footer is not, or no longer.
    fn cut_off(&self) -> &'static [u8] {
        b"incomplete"
    }
}
