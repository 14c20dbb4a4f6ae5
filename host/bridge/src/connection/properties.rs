//! Rows of every type in both protocols, read by this crate and by `mysql_common`; the same rows truncated and with
//! wrong bytes. Columns and values are generated, and encoded as a server encodes them.
#![expect(clippy::arithmetic_side_effects, reason = "a failing test panics")]

mod columns;
mod peer;
mod values;
mod writing;

use proptest::collection::vec;
use proptest::prelude::*;

use self::columns::GeneratedColumn;
use self::peer::Peer;
use self::values::Datum;
use self::writing::{Cell, Form};
use super::in_memory::{Answer, Command, Part, ways_agree};
use crate::error::ErrorKind;
use crate::protocol::column::Column;
use crate::protocol::from_value::ValueError;
use crate::protocol::malformed::Malformed;
use crate::protocol::row::{Encoding, Row};

/// A result that has been made up.
#[derive(Clone, Debug)]
struct Generated {
    columns: Vec<GeneratedColumn>,
    rows: Vec<Vec<Datum>>,
    form: Form,
}

fn results(
    columns: impl Strategy<Value = usize>,
    most_rows: usize,
) -> impl Strategy<Value = Generated> {
    (columns, any::<Form>()).prop_flat_map(move |(columns, form)| {
        vec(columns::column(), columns).prop_flat_map(move |columns| {
            let row: Vec<_> = columns.iter().map(values::of).collect();
            (Just(columns), vec(row, 0..=most_rows)).prop_map(move |(columns, rows)| Generated {
                columns,
                rows,
                form,
            })
        })
    })
}

/// Around each length of the bitmap, and wide.
fn widths() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 1..=20_usize, 1 => 1..=300_usize]
}

impl Generated {
    fn payload(&self, row: &[Datum], encoding: Encoding) -> (Vec<u8>, Vec<Cell>) {
        let cells = self.columns.iter().zip(row);
        match encoding {
            Encoding::Text => writing::text_row(cells),
            Encoding::Binary => writing::binary_row(cells, self.form),
        }
    }

    /// Definitions, these rows, and the end, as packets.
    fn answer<'a>(&self, rows: impl IntoIterator<Item = &'a [u8]>, deprecate_eof: bool) -> Vec<u8> {
        let definitions = self.columns.iter().map(GeneratedColumn::definition);
        writing::answer(definitions, rows, deprecate_eof)
    }

    fn peer(&self) -> Peer {
        Peer::new(self.columns.iter().map(GeneratedColumn::definition))
    }
}

const BOTH: [Encoding; 2] = [Encoding::Text, Encoding::Binary];

fn command_for(encoding: Encoding) -> Command {
    match encoding {
        Encoding::Text => Command::Query,
        Encoding::Binary => Command::Execute,
    }
}

fn is_same_column(ours: &Column, made: &GeneratedColumn) -> bool {
    ours.name() == made.name
        && ours.table() == made.table
        && ours.kind() == made.kind
        && ours.is_nullable() == made.is_nullable()
        && ours.decimals() == made.decimals
}

/// Reads one row between valid column definitions and a valid end.
fn read_one<T>(
    made: &Generated,
    payload: &[u8],
    encoding: Encoding,
    see: impl FnOnce(&Row<'_>) -> T,
) -> Result<Option<T>, Malformed> {
    let bytes = made.answer([payload], true);
    let answer = Answer {
        bytes: &bytes,
        command: command_for(encoding),
        deprecate_eof: true,
        piece: usize::MAX,
    };
    let (mut see, mut seen) = (Some(see), None);
    let read = answer.read(|part| {
        if let Part::Row(row) = part {
            seen = see.take().map(|see| see(&row));
        }
    });
    let Err(error) = read else {
        return Ok(seen);
    };
    match error.kind() {
        // A row that looks like the end of the rows is not followed by the end of the result.
        ErrorKind::Closed => Ok(None),
        ErrorKind::Malformed(malformed) => Err(malformed.clone()),
        _ => panic!("{error}"),
    }
}

/// Compares how `mysql_common` and this crate read a payload.
fn compare_beside_peer(made: &Generated, payload: &[u8], encoding: Encoding) {
    // Never a row: the end of the rows, or an error.
    if matches!(payload.first(), Some(0xFE | 0xFF)) {
        let _any = read_one(made, payload, encoding, |_| ());
        return;
    }
    let theirs = made.peer().row(payload, encoding);
    let ours = read_one(made, payload, encoding, |row| {
        let (theirs, left_over) = theirs
            .as_ref()
            .expect("the peer refuses a row that this crate accepts");
        assert_eq!(*left_over, 0, "this crate accepts a row that is too long");
        assert!(row.one_pass_agrees(), "{payload:?}");
        for (index, (theirs, column)) in theirs.iter().zip(&made.columns).enumerate() {
            assert!(ways_agree(row, index), "{column:?}");
            match row.value(index) {
                Ok(ours) => assert!(
                    peer::is_same(&ours, theirs, column, encoding),
                    "{column:?}: {ours:?}, {theirs:?}"
                ),
                Err(ValueError::Unreadable { .. }) => assert!(
                    peer::may_be_unreadable(theirs, column, encoding),
                    "{column:?}: unreadable, and {theirs:?}"
                ),
                Err(error) => panic!("{error}"),
            }
        }
    });
    match ours {
        Ok(seen) => assert!(seen.is_some(), "no row"),
        Err(Malformed::TrailingBytes { row, bytes }) => {
            let (_, left_over) = theirs.expect("the peer refuses a row that is only too long");
            assert_eq!((row, bytes), (1, left_over));
        }
        Err(Malformed::Value { row, column }) => {
            assert!(row == 1 && (1..=made.columns.len()).contains(&column));
            assert!(
                theirs.is_err() || peer::reads_no_length_as_zero(payload),
                "this crate refuses a row that the peer accepts: {payload:?}"
            );
        }
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn rows_are_what_was_written_and_what_mysql_common_reads(
        made in results(widths(), 4),
        deprecate_eof in any::<bool>(),
        piece in prop_oneof![Just(usize::MAX), 1..2_000_usize],
    ) {
        let peer = made.peer();
        for encoding in BOTH {
            let payloads: Vec<_> =
                made.rows.iter().map(|row| made.payload(row, encoding).0).collect();
            let bytes = made.answer(payloads.iter().map(Vec::as_slice), deprecate_eof);
            let answer = Answer { bytes: &bytes, command: command_for(encoding), deprecate_eof, piece };
            let mut rows = made.rows.iter().zip(&payloads);
            let mut ends = 0;
            let read = answer.read(|part| match part {
                Part::Columns(ours) => {
                    assert_eq!(ours.len(), made.columns.len());
                    for (ours, made) in ours.iter().zip(&made.columns) {
                        assert!(is_same_column(ours, made), "{ours:?}, {made:?}");
                    }
                }
                Part::Row(row) => {
                    let (data, payload) = rows.next().expect("more rows than were written");
                    let (theirs, left_over) = peer.row(payload, encoding).unwrap();
                    assert_eq!((left_over, row.values().count()), (0, data.len()));
                    for (index, (column, datum)) in made.columns.iter().zip(data).enumerate() {
                        let (ours, theirs) = (row.value(index).unwrap(), &theirs[index]);
                        assert!(datum.is(&ours), "{column:?}: {ours:?}, {datum:?}");
                        assert!(
                            peer::is_same(&ours, theirs, column, encoding),
                            "{column:?}: {ours:?}, {theirs:?}"
                        );
                        assert!(ways_agree(&row, index), "{column:?}: {ours:?}");
                    }
                }
                Part::EndOfRows => ends += 1,
                _ => panic!("nothing else was written"),
            });
            prop_assert!(read.is_ok(), "{read:?}");
            prop_assert!(rows.next().is_none() && ends == 1);
        }
    }

    /// The error names the value in which the row ends.
    #[test]
    fn a_row_that_is_cut_anywhere(made in results(1..=12_usize, 1)) {
        let peer = made.peer();
        for (row, encoding) in made.rows.iter().flat_map(|row| BOTH.map(|it| (row, it))) {
            let (payload, cells) = made.payload(row, encoding);
            // Each byte of what is short, and near each edge of what is long.
            let near_an_edge = |cut: usize| {
                let edges = cells.iter().flat_map(|cell| [cell.start, cell.end]);
                edges.chain([0, payload.len()]).any(|edge| edge.abs_diff(cut) <= 10)
            };
            for cut in (0..payload.len()).filter(|cut| near_an_edge(*cut)) {
                let cut_payload = &payload[..cut];
                prop_assert!(peer.row(cut_payload, encoding).is_err());
                let column = cells.iter().position(|cell| cell.end > cut).unwrap() + 1;
                // In binary the bitmap is before all, and belongs to no column.
                let column = if cut < cells[0].start { 1 } else { column };
                let read = read_one(&made, cut_payload, encoding, |_| ());
                prop_assert_eq!(read, Err(Malformed::Value { row: 1, column }), "cut at {}", cut);
            }
        }
    }

    #[test]
    fn a_row_with_a_wrong_byte(
        made in results(1..=12_usize, 1),
        places in vec((any::<prop::sample::Index>(), any::<u8>()), 64),
    ) {
        for (row, encoding) in made.rows.iter().flat_map(|row| BOTH.map(|it| (row, it))) {
            let (payload, _) = made.payload(row, encoding);
            for (place, byte) in &places {
                let mut payload = payload.clone();
                let place = place.index(payload.len());
                payload[place] = *byte;
                compare_beside_peer(&made, &payload, encoding);
            }
        }
    }

    /// Random bytes, for columns of every type.
    #[test]
    fn any_bytes_as_a_row(
        made in results(1..=6_usize, 0),
        payload in vec(any::<u8>(), 0..60),
    ) {
        for encoding in BOTH {
            compare_beside_peer(&made, &payload, encoding);
        }
    }

    /// Texts that may be invalid for a column, each alone in its row.
    #[test]
    fn any_text_for_any_column(
        made in results(Just(1), 0),
        text in prop_oneof!["[-+]?[0-9]{0,24}", "[-0-9:. eE+]{0,28}", "\\PC{0,12}"],
    ) {
        let payload = [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        compare_beside_peer(&made, &payload, Encoding::Text);
    }
}
