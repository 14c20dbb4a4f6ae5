//! Arrow IPC, as a file and as a stream. A batch is written as soon as it is full.
//!
//! <https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc>

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, StreamWriter};
use arrow_schema::SchemaRef;

use super::Sink;
use super::error::Error;

/// A message's beginning, of 16 bytes of metadata of which only 10 follow. A stream may end without saying so,
/// and readers take the end of its bytes for its own; here they miss something.
const CUT_OFF_STREAM: &[u8] = b"\xFF\xFF\xFF\xFF\x10\0\0\0incomplete";
/// A file is read from its end, where the footer is not, or no longer.
const CUT_OFF_FILE: &[u8] = b"incomplete";

pub(super) fn file(schema: SchemaRef) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(FileWriter::try_new(Vec::new(), &schema)?))
}

pub(super) fn stream(schema: SchemaRef) -> Result<Box<dyn Sink>, Error> {
    Ok(Box::new(StreamWriter::try_new(Vec::new(), &schema)?))
}

/// Both writers have the same methods, and no trait that has them all.
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
