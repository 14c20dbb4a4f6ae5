//! Literals: strings, numbers, and bytes in hexadecimal or binary digits.
//!
//! Source: MySQL Reference Manual, "Literal Values".

use super::LexError;
use super::scanner::Scanner;

/// Whether a character can be in a name without quotes.
pub(super) fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

/// Skips a quoted text, whose first character is the quote. A doubled quote is a quote. Returns whether a backslash was
/// skipped with the character after it, if `with_escapes`.
pub(super) fn skip_quoted(scanner: &mut Scanner<'_>, with_escapes: bool) -> Result<bool, LexError> {
    let quote = scanner.next().ok_or(LexError::NotClosed)?;
    let mut escapes = false;
    while let Some(next) = scanner.next() {
        if next == '\\' && with_escapes {
            escapes = true;
            scanner.next();
        } else if next == quote {
            if scanner.peek() == Some(quote) {
                scanner.next();
            } else {
                return Ok(escapes);
            }
        }
    }
    Err(LexError::NotClosed)
}

/// Skips a number, or bytes such as `0x1F`: digits, with a point and an exponent.
pub(super) fn skip_number(scanner: &mut Scanner<'_>) -> Result<(), LexError> {
    let digits = |scanner: &mut Scanner<'_>| scanner.skip_while(|it| it.is_ascii_digit());
    if scanner.starts_with("0x") || scanner.starts_with("0b") {
        let is_hexadecimal = scanner.starts_with("0x");
        scanner.skip(2);
        let start = scanner.clone();
        scanner.skip_while(|it| {
            if is_hexadecimal {
                it.is_ascii_hexdigit()
            } else {
                matches!(it, '0' | '1')
            }
        });
        if scanner.since(&start).is_empty() {
            return Err(LexError::Number);
        }
        return end_number(scanner);
    }
    digits(scanner);
    if scanner.peek() == Some('.') {
        scanner.skip(1);
        digits(scanner);
    }
    if matches!(scanner.peek(), Some('e' | 'E')) {
        scanner.skip(1);
        if matches!(scanner.peek(), Some('+' | '-')) {
            scanner.skip(1);
        }
        let start = scanner.clone();
        digits(scanner);
        if scanner.since(&start).is_empty() {
            return Err(LexError::Number);
        }
    }
    end_number(scanner)
}

fn end_number(scanner: &Scanner<'_>) -> Result<(), LexError> {
    let is_over = |next: char| !is_of_word(next) && !matches!(next, '.' | '`' | '"' | '\'' | '@');
    if scanner.peek().is_none_or(is_over) {
        Ok(())
    } else {
        Err(LexError::Number)
    }
}
