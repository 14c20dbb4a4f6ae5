//! Decodes rows of `mysql_common` as users of `mysql` and `mysql_async` do: each row is a tuple of owned values, unless
//! it has too many columns for a tuple.

use mysql_async::{Row, from_row};
use time::PrimitiveDateTime;

use super::{Fields, GROUPS, sum_of_blob, sum_of_group};

type Mixed = (i32, i64, String, String, PrimitiveDateTime, f64);

pub(super) fn mixed(row: Row) -> u64 {
    let (n, big, name, price, made, ratio): Mixed = from_row(row);
    let fields = Fields {
        n,
        big,
        name: &name,
        price: &price,
        made: parts(made),
        ratio,
    };
    fields.sum()
}

pub(super) fn one(row: Row) -> u64 {
    from_row::<i64>(row) as u64
}

pub(super) fn wide(mut row: Row) -> u64 {
    let mut sum = 0_u64;
    for at in (0..4 * GROUPS).step_by(4) {
        let name: String = row.take(at + 2).expect("a text");
        sum = sum.wrapping_add(sum_of_group(
            row.take(at).expect("an INT"),
            row.take(at + 1).expect("a BIGINT"),
            &name,
            row.take(at + 3).expect("a DOUBLE"),
        ));
    }
    sum
}

pub(super) fn blob(row: Row) -> u64 {
    sum_of_blob(&from_row::<Vec<u8>>(row))
}

pub(super) fn parts(made: PrimitiveDateTime) -> [u16; 6] {
    [
        u16::try_from(made.year()).expect("a year"),
        u8::from(made.month()).into(),
        made.day().into(),
        made.hour().into(),
        made.minute().into(),
        made.second().into(),
    ]
}
