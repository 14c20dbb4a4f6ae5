//! Detects a text that contains several statements, of which the server accepts one at a time.

/// Whether something follows a `;` that is outside of strings, names and comments.
pub(super) fn has_several_statements(sql: &str) -> bool {
    let mut rest = sql.as_bytes();
    let mut is_ended = false;
    while let Some((&first, after)) = rest.split_first() {
        let token = match first {
            b'\'' | b'"' | b'`' => after_quoted(first, after),
            b'#' => after_line(after),
            b'-' if is_dash_comment(after) => after_line(after),
            b'/' if after.first() == Some(&b'*') => after_comment(after),
            _ => after,
        };
        let is_comment =
            matches!(first, b'#') || token.len() < after.len() && matches!(first, b'-' | b'/');
        if is_ended && !is_comment && !first.is_ascii_whitespace() && first != b';' {
            return true;
        }
        is_ended |= first == b';';
        rest = token;
    }
    false
}

/// The text after the closing quote.
fn after_quoted(quote: u8, mut rest: &[u8]) -> &[u8] {
    while let Some((&first, after)) = rest.split_first() {
        rest = match first {
            b'\\' if quote != b'`' => after.get(1..).unwrap_or_default(),
            _ => after,
        };
        if first == quote {
            break;
        }
    }
    rest
}

fn is_dash_comment(after: &[u8]) -> bool {
    match after {
        [b'-'] => true,
        [b'-', next, ..] => next.is_ascii_whitespace(),
        _ => false,
    }
}

fn after_line(rest: &[u8]) -> &[u8] {
    let end = rest.iter().position(|byte| *byte == b'\n');
    end.and_then(|end| rest.get(end..)).unwrap_or_default()
}

fn after_comment(rest: &[u8]) -> &[u8] {
    let inside = rest.get(1..).unwrap_or_default();
    let end = inside.windows(2).position(|pair| pair == b"*/");
    let end = end.map(|end| end.saturating_add(2));
    end.and_then(|end| inside.get(end..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_several() {
        for sql in [
            "",
            "SELECT 1",
            "SELECT 1;",
            "SELECT 1; -- done\n ; /* x; y */ # z; a",
            "SELECT 'a;b', \"c;d\", `e;f`, 'it''s;', 'a\\';b'",
            "-- a; b\nSELECT 1",
            "SELECT 1 /* ; */ + 1",
            "SELECT 'unfinished; ",
        ] {
            assert!(!has_several_statements(sql), "{sql}");
        }
        for sql in [
            "SELECT 1; SELECT 2",
            "SELECT 'a'; -- x\nSELECT 2;",
            "SELECT 1;SELECT 2",
            "SELECT 5--1; SELECT 1",
            "SELECT 1; 'x'",
        ] {
            assert!(has_several_statements(sql), "{sql}");
        }
    }
}
