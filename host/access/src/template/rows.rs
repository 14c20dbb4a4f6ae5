//! Joins the rows of `VALUES (…), (…)`, as the values of `IN (…)` are joined.

use super::token::Token;

/// The tokens, with one row in place of several that follow `VALUES`: each of its values has those of its column. A row
/// consists of single values, and of single words such as `DEFAULT`, which are the same in all rows.
pub(super) fn joined_rows(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined = Vec::with_capacity(tokens.len());
    let mut rest = tokens.as_slice();
    while let Some((token, after)) = rest.split_first() {
        // After these it is the name of a column or a variable.
        let is_name = joined
            .last()
            .is_some_and(|it: &Token| it.is(".") || it.is("@"));
        joined.push(token.clone());
        rest = after;
        if !token.is("VALUES") || is_name {
            continue;
        }
        if let Some((row, after)) = row(rest) {
            let mut columns = row.to_vec();
            rest = join_into(&mut columns, after);
            joined.extend(columns);
        }
    }
    joined
}

/// Joins the rows that the tokens begin with into the first one. Returns the tokens after them.
fn join_into<'t>(columns: &mut [Token], tokens: &'t [Token]) -> &'t [Token] {
    let mut rest = tokens;
    while let [comma, after @ ..] = rest
        && comma.is(",")
        && let Some((row, after)) = row(after)
        && is_alike(columns, row)
    {
        for (column, token) in columns.iter_mut().zip(row) {
            if let (Token::Values(all), Token::Values(more)) = (column, token) {
                all.extend(more.iter().cloned());
            }
        }
        rest = after;
    }
    rest
}

/// The row that the tokens begin with, with its parentheses, and the tokens after it.
fn row(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    let [open, inside @ ..] = tokens else {
        return None;
    };
    let length = inside.iter().position(|it| it.is(")"))?;
    let (elements, _) = inside.split_at_checked(length)?;
    let is_element = |(number, token): (usize, &Token)| match token {
        Token::Values(values) => number.is_multiple_of(2) && values.len() == 1,
        Token::Text(_) if number.is_multiple_of(2) => is_word(token),
        Token::Text(_) => token.is(","),
    };
    let has_value = elements.iter().any(|it| matches!(it, Token::Values(_)));
    let is_row = open.is("(")
        && has_value
        && !length.is_multiple_of(2)
        && elements.iter().enumerate().all(is_element);
    is_row.then(|| tokens.split_at_checked(length.saturating_add(2)))?
}

fn is_word(token: &Token) -> bool {
    matches!(token, Token::Text(text) if text.starts_with(|it: char| it.is_ascii_alphabetic()))
}

/// Whether two rows have values and the same words in the same places.
fn is_alike(columns: &[Token], row: &[Token]) -> bool {
    let same = |(column, token): (&Token, &Token)| match (column, token) {
        (Token::Values(_), Token::Values(_)) => true,
        (column, token) => column == token,
    };
    columns.len() == row.len() && columns.iter().zip(row).all(same)
}
