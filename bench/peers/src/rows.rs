//! Contenders that read a long result. They decode every field to its type and add the values up, or they walk the
//! fields without decoding them.

pub mod bare;
mod decode;
pub mod mysql;
pub mod mysql_async;
pub mod our_structs;
pub mod ours;
mod shape;
pub mod sqlx;

pub use shape::{BLOB_LENGTH, GROUPS, Shape};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Text,
    /// Prepared and executed. A contender that caches prepared statements prepares once.
    Binary,
}

/// How far a contender processes a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The client returns the row, and no value is read from it.
    Walked,
    /// Every value is decoded to its type.
    Decoded,
}

/// A contender with a connection that reads the result of a shape's statement to its end.
pub trait RowReader {
    fn name(&self) -> &'static str;

    fn read(&mut self, shape: Shape, protocol: Protocol) -> Totals;
}

/// The totals of a result. All contenders that decode must have the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub rows: u64,
    /// `None` if the contender only walks the fields.
    pub sum: Option<u64>,
}

impl Totals {
    #[inline]
    pub fn walk(&mut self) {
        self.rows += 1;
    }

    #[inline]
    pub fn add(&mut self, sum_of_row: u64) {
        self.rows += 1;
        self.sum = Some(self.sum.unwrap_or_default().wrapping_add(sum_of_row));
    }
}

/// A row of [`Shape::Mixed`], decoded.
pub struct Fields<'a> {
    pub n: i32,
    pub big: i64,
    pub name: &'a str,
    /// The text of a DECIMAL, which is exact.
    pub price: &'a str,
    /// Year, month, day, hour, minute and second.
    pub made: [u16; 6],
    pub ratio: f64,
}

impl Fields<'_> {
    #[inline]
    pub fn sum(&self) -> u64 {
        let made = self.made.iter().fold(0, |sum, part| sum + u64::from(*part));
        let price = self.price.len() as u64;
        let group = sum_of_group(self.n, self.big, self.name, self.ratio);
        group.wrapping_add(price).wrapping_add(made)
    }
}

/// The sum of the four columns that [`Shape::Wide`] repeats.
#[inline]
pub fn sum_of_group(n: i32, big: i64, name: &str, ratio: f64) -> u64 {
    let values = [n as u64, big as u64, name.len() as u64, ratio.to_bits()];
    values.into_iter().fold(0, u64::wrapping_add)
}

/// The sum of a value of [`Shape::Blobs`]. All its bytes are equal.
#[inline]
pub fn sum_of_blob(bytes: &[u8]) -> u64 {
    bytes.len() as u64 + bytes.last().copied().map_or(0, u64::from)
}
