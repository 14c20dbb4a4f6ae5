//! Arrow IPC, as a file and as a stream. Each batch is written as soon as it is full.
//!
//! Source: <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::SchemaRef;

use super::Sink;
use super::error::Error;

/// The beginning of a message that announces 16 bytes of metadata, of which only 10 follow. A stream may end without an
/// end marker, so readers accept the end of the bytes; in the middle of a message, they report an error.
const CUT_OFF_STREAM: &[u8] = b"\xFF\xFF\xFF\xFF\x10\0\0\0incomplete";
/// Readers start at the end of a file. With these bytes, no footer is there.
const CUT_OFF_FILE: &[u8] = b"incomplete";

pub(super) fn file(schema: SchemaRef) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(FileWriter::try_new(Vec::new(), &schema)?))
}

pub(super) fn stream(schema: SchemaRef) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(StreamWriter::try_new(Vec::new(), &schema)?))
}

/// Implements [`Sink`] for a writer. Both writers have the same methods, but share no trait.
macro_rules! sink {
    ($writer:ty, $cut_off:ident) => {
        impl Sink for $writer {
            fn write(&mut self, batch: &RecordBatch) -> Result<(), Error> {
                Ok(self.write(batch)?)
            }

            fn finish(&mut self) -> Result<(), Error> {
                Ok(self.finish()?)
            }

            fn bytes(&mut self) -> &mut Vec<u8> {
                self.get_mut()
            }

            fn cut_off(&self) -> &'static [u8] {
                $cut_off
            }
        }
    };
}

sink!(FileWriter<Vec<u8>>, CUT_OFF_FILE);
sink!(StreamWriter<Vec<u8>>, CUT_OFF_STREAM);
