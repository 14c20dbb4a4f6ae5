//! Removes the names of a component's inner parts. Only debuggers use them, and they are a hundredth of its size.
//!
//! Source: WebAssembly Component Model, "Binary Format Explainer": a component is a header of 8 bytes, followed by
//! sections. A section is an id of one byte, a size in LEB128, and that many bytes.

const HEADER_LENGTH: usize = 8;
const CUSTOM_SECTION: u8 = 0;
/// How the content of the custom section begins: with the length of its name, and the name.
const COMPONENT_NAME: &[u8] = b"\x0ecomponent-name";

/// Returns the component without its names; `None` if its sections are malformed.
pub(super) fn strip(component: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = component.split_at_checked(HEADER_LENGTH)?;
    let mut stripped = header.to_vec();
    while let Some((&id, after_id)) = rest.split_first() {
        let (size, after_size) = leb128(after_id)?;
        let (content, next) = after_size.split_at_checked(size)?;
        if id != CUSTOM_SECTION || !content.starts_with(COMPONENT_NAME) {
            let length = rest.len().checked_sub(next.len())?;
            stripped.extend_from_slice(rest.get(..length)?);
        }
        rest = next;
    }
    Some(stripped)
}

fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    let mut shift = 0_u32;
    let mut rest = bytes;
    loop {
        let (&byte, after) = rest.split_first()?;
        value |= usize::from(byte & 0x7F).checked_shl(shift)?;
        rest = after;
        if byte & 0x80 == 0 {
            return Some((value, rest));
        }
        shift = shift.checked_add(7)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sections_stay_as_they_are() {
        let header = b"\0asm\x0d\0\x01\0";
        let names = b"\0\x10\x0ecomponent-name\x01";
        let other = b"\x07\x02ab";
        let component = [&header[..], names, other].concat();
        let expected = [&header[..], other].concat();
        assert_eq!(strip(&component), Some(expected));
        assert_eq!(strip(&component[..component.len() - 1]), None);
    }
}
