//! Converts an answer for a client that has not negotiated `CLIENT_DEPRECATE_EOF`.

/// An `EOF_Packet` without warnings, with autocommit.
const EOF: [u8; 5] = [0xFE, 0, 0, 2, 0];
const HEADER_LENGTH: usize = 4;

/// Inserts an `EOF_Packet` after the first packet and the `columns` definitions. Replaces the `OK_Packet` after the
/// rows with another one; the reply to `COM_STMT_PREPARE` has no rows and ends with the first `EOF_Packet`.
pub(super) fn with_eof(answer: &[u8], columns: usize) -> Vec<u8> {
    let mut with_eof = Vec::with_capacity(answer.len() + 2 * (HEADER_LENGTH + EOF.len()));
    let mut sequence_id = 1_u8;
    let mut push = |payload: &[u8]| {
        let [a, b, c, _] = (payload.len() as u32).to_le_bytes();
        with_eof.extend([a, b, c, sequence_id]);
        with_eof.extend(payload);
        sequence_id = sequence_id.wrapping_add(1);
    };
    let mut rest = answer;
    let mut packets = 0;
    while let Some((&[a, b, c, _], behind)) = rest.split_first_chunk::<HEADER_LENGTH>() {
        let (payload, behind) = behind.split_at(u32::from_le_bytes([a, b, c, 0]) as usize);
        let is_last = behind.is_empty() && packets > columns;
        push(if is_last { &EOF } else { payload });
        if packets == columns {
            push(&EOF);
        }
        packets += 1;
        rest = behind;
    }
    with_eof
}
