//! The check that the fuzz target of results and a test share: reads any bytes as a server's reply, and writes it in
//! every text format.

use super::{Encoder, Format, TextOptions, Writer};
use rds_bridge::fuzzing::{Answer, Part, ways_agree};

const FORMATS: [Format; 6] = [
    Format::Table,
    Format::Vertical,
    Format::Json,
    Format::Ndjson,
    Format::Csv,
    Format::Tsv,
];

/// Reads a reply. The lowest three bits of the first byte choose the command and what was negotiated
/// ([`Answer::chosen`]). The other bits, plus one, are the number of bytes that arrive at a time.
///
/// # Panics
///
/// An invariant does not hold: a reply must be read the same however it is split, and a value must be the same by every
/// way of reading it.
pub fn result_set(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else {
        return;
    };
    let answer = Answer::chosen(choice, bytes);
    let whole = Written::read(answer);
    let in_pieces = Written::read(answer.in_pieces_of(usize::from(choice >> 3).saturating_add(1)));
    assert!(
        whole == in_pieces,
        "the result depends on how the bytes are split"
    );
}

/// The result of reading a reply and writing its rows.
#[derive(PartialEq, Eq)]
struct Written {
    /// The output in each of [`FORMATS`].
    outputs: Vec<Vec<u8>>,
    end: String,
}

impl Written {
    fn read(answer: Answer<'_>) -> Self {
        let mut writers: Vec<(Box<dyn Writer>, Vec<u8>)> = FORMATS
            .into_iter()
            .filter_map(|format| match format.encoder(&TextOptions::default()) {
                Ok(Encoder::Text(writer)) => Some((writer, Vec::new())),
                _ => None,
            })
            .collect();
        // Only the last error of each kind is kept.
        let mut refusal = None;
        let mut unreadable = None;
        let read = answer.read(|part| match part {
            Part::Columns(columns) => {
                for (writer, out) in &mut writers {
                    writer.begin(columns, out);
                }
            }
            Part::Row(row) => {
                for column in 0..row.columns().len() {
                    assert!(ways_agree(&row, column), "{row:?}, {column}");
                }
                for (writer, out) in &mut writers {
                    let before = out.len();
                    if let Err(error) = writer.row(&row, out) {
                        out.truncate(before);
                        unreadable = Some(error);
                    }
                }
            }
            Part::EndOfRows => {
                for (writer, out) in &mut writers {
                    writer.end(out);
                }
            }
            Part::Error(error) => refusal = Some(error),
            Part::Done | Part::FileRefused => {}
        });
        if read.is_err() {
            for (writer, out) in &mut writers {
                writer.cut_off(out);
            }
        }
        Self {
            outputs: writers.into_iter().map(|(_, out)| out).collect(),
            end: format!(
                "{:?} {refusal:?} {unreadable:?}",
                read.map_err(|it| it.to_string())
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    struct Recorded {
        statement: String,
        /// The input for the fuzz target.
        data: Vec<u8>,
    }

    /// Recorded replies of a server, from `vectors/`.
    fn recorded() -> Vec<Recorded> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/mariadb.json");
        let text = std::fs::read_to_string(file).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let replies = document["replies"].as_array().unwrap().iter();
        let recorded = replies.map(|it| {
            let binary = u8::from(it["protocol"] == "binary");
            let eof = u8::from(it["deprecate-eof"] == false);
            let digits = it["reply"].as_str().unwrap().as_bytes().chunks(2);
            let bytes =
                digits.map(|it| u8::from_str_radix(str::from_utf8(it).unwrap(), 16).unwrap());
            Recorded {
                statement: it["statement"].as_str().unwrap().to_owned(),
                data: [binary | eof << 1].into_iter().chain(bytes).collect(),
            }
        });
        recorded.collect()
    }

    fn written(data: &[u8]) -> Written {
        Written::read(Answer::chosen(data[0], &data[1..]))
    }

    /// A statement's rows are the same in both protocols, with and without `CLIENT_DEPRECATE_EOF`.
    #[test]
    fn what_a_server_has_said() {
        let recorded = recorded();
        let mut rows = 0;
        for it in &recorded {
            result_set(&it.data);
            let this = written(&it.data);
            assert!(
                this.end.starts_with("Ok(()) "),
                "{}: {}",
                it.statement,
                this.end
            );
            let same = recorded
                .iter()
                .filter(|other| other.statement == it.statement);
            for other in same {
                assert!(written(&other.data) == this, "{}", it.statement);
            }
            let lines = |byte: &&u8| **byte == b'\n';
            rows += this.outputs.last().unwrap().iter().filter(lines).count();
        }
        assert!(rows > 100, "{rows}");
    }

    /// A reply is complete at its last byte, and not before.
    #[test]
    fn what_a_server_has_said_and_then_it_ends() {
        for it in recorded() {
            for cut in 1..it.data.len() {
                let end = written(&it.data[..cut]).end;
                assert!(
                    end.contains(": the server closed the connection\")"),
                    "{} at {cut}: {end}",
                    it.statement
                );
            }
        }
    }

    fn framed(payloads: &[Vec<u8>]) -> Vec<u8> {
        let numbers = (1..=u8::MAX).chain([0]).cycle();
        let frame = |(payload, number): (&Vec<u8>, u8)| {
            let [a, b, c, _] = u32::try_from(payload.len()).unwrap().to_le_bytes();
            [&[a, b, c, number], payload.as_slice()].concat()
        };
        payloads.iter().zip(numbers).flat_map(frame).collect()
    }

    fn definition() -> impl Strategy<Value = Vec<u8>> {
        let types = prop_oneof![0_u8..=17, 242_u8..=255];
        let character_set = prop_oneof![Just(63_u8), Just(45)];
        (types, character_set, any::<[u8; 2]>(), 0_u8..8).prop_map(
            |(wire_type, character_set, [low, high], decimals)| {
                let mut payload = b"\x03def\x00\x01t\x01t\x01c\x01c\x0C".to_vec();
                payload.extend([character_set, 0, 11, 0, 0, 0, wire_type, low, high]);
                payload.extend([decimals, 0, 0]);
                payload
            },
        )
    }

    fn row() -> impl Strategy<Value = Vec<u8>> {
        let text = vec(prop_oneof!["[-0-9:. ]{0,20}", "[a-z\0]{0,4}"], 0..4);
        let text = text.prop_map(|values| {
            let lengths = values.iter().map(|it| u8::try_from(it.len()).unwrap());
            let fields = lengths.zip(&values);
            fields
                .flat_map(|(length, it)| [&[length], it.as_bytes()].concat())
                .collect()
        });
        let binary = vec(any::<u8>(), 0..40).prop_map(|rest| [vec![0, 0], rest].concat());
        prop_oneof![text, binary, vec(any::<u8>(), 0..12)]
    }

    fn end() -> impl Strategy<Value = Vec<u8>> {
        let status = prop_oneof![Just(2_u8), Just(0x0A)];
        prop_oneof![
            status
                .clone()
                .prop_map(|status| vec![0xFE, 0, 0, status, 0, 0, 0]),
            status.prop_map(|status| vec![0xFE, 0, 0, status, 0]),
            Just(b"\xFF\x25\x05#70100ended".to_vec()),
            Just(b"\xFB/etc/passwd".to_vec()),
        ]
    }

    fn result() -> impl Strategy<Value = Vec<Vec<u8>>> {
        (
            vec(definition(), 0..4),
            any::<bool>(),
            vec(row(), 0..4),
            end(),
        )
            .prop_map(|(definitions, eof, rows, end)| {
                let count = vec![u8::try_from(definitions.len()).unwrap()];
                let eof = eof.then(|| vec![0xFE, 0, 0, 2, 0]);
                [count]
                    .into_iter()
                    .chain(definitions)
                    .chain(eof)
                    .chain(rows)
                    .chain([end])
                    .collect()
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_bytes(data in vec(any::<u8>(), 0..200)) {
            result_set(&data);
        }

        #[test]
        fn any_payloads(choice in any::<u8>(), payloads in vec(vec(any::<u8>(), 0..30), 0..8)) {
            result_set(&[vec![choice], framed(&payloads)].concat());
        }

        #[test]
        fn results_of_any_columns_and_rows(choice in any::<u8>(), results in vec(result(), 1..3)) {
            result_set(&[vec![choice], framed(&results.concat())].concat());
        }
    }
}
