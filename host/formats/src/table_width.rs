//! Fits the columns of a table into a width, and cuts values to the width of their column.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The least width to which a column is cut.
const MIN_WIDTH: usize = 8;
/// The border and the spaces of a column: `| ` before it, and a space after it.
const BORDER: usize = 3;

/// The width of a column, and whether its values may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Width {
    pub(super) width: usize,
    pub(super) may_be_cut: bool,
}

/// Narrows the columns that may be cut, the widest first, until the table fits. Returns whether it fits; otherwise each
/// of these columns has its least width.
pub(super) fn fit(widths: &mut [Width], limit: usize) -> bool {
    let total = |widths: &[Width]| {
        let columns = widths.iter().map(|it| it.width.saturating_add(BORDER));
        columns.fold(1, usize::saturating_add)
    };
    loop {
        let excess = total(widths).saturating_sub(limit);
        if excess == 0 {
            return true;
        }
        let wide = |it: &&mut Width| it.may_be_cut && it.width > MIN_WIDTH;
        let Some(widest) = widths.iter_mut().filter(wide).map(|it| it.width).max() else {
            return false;
        };
        // Down to the second widest, so that the widest columns become equally wide.
        let others = widths
            .iter()
            .filter(|it| it.may_be_cut && it.width < widest);
        let second = others.map(|it| it.width).max().unwrap_or_default();
        let equal = widths
            .iter()
            .filter(|it| it.may_be_cut && it.width == widest);
        let share = excess.div_ceil(equal.count().max(1));
        let narrower = widest.saturating_sub(share).max(second).max(MIN_WIDTH);
        for column in widths.iter_mut().filter(|it| it.may_be_cut) {
            column.width = column.width.min(narrower);
        }
    }
}

/// The text, cut to a width. A cut text ends with `…`.
pub(super) fn cut(mut text: String, width: usize) -> String {
    if text.width() <= width {
        return text;
    }
    let room = width.saturating_sub(1);
    let mut used = 0_usize;
    let end = text.char_indices().find_map(|(at, character)| {
        used = used.saturating_add(character.width().unwrap_or_default());
        (used > room).then_some(at)
    });
    text.truncate(end.unwrap_or(text.len()));
    text.push('…');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(widths: &[usize], limit: usize) -> (bool, Vec<usize>) {
        let mut widths: Vec<Width> = widths
            .iter()
            .map(|width| Width {
                width: *width,
                // As an example: short columns are numbers.
                may_be_cut: *width > 5,
            })
            .collect();
        let fits = fit(&mut widths, limit);
        (fits, widths.iter().map(|it| it.width).collect())
    }

    #[test]
    fn the_widest_columns_are_narrowed() {
        for (widths, limit, expected) in [
            (&[2, 10][..], 19, (true, vec![2, 10])),
            (&[2, 10], 18, (true, vec![2, 9])),
            (&[5, 100, 100, 20], 80, (true, vec![5, 21, 21, 20])),
            (&[5, 100, 30], 60, (true, vec![5, 22, 22])),
            (&[5, 9, 9], 20, (false, vec![5, 8, 8])),
            (&[5, 5], 10, (false, vec![5, 5])),
            (&[], 0, (false, vec![])),
        ] {
            assert_eq!(fitted(widths, limit), expected, "{widths:?}");
        }
    }

    #[test]
    fn a_cut_text_has_an_ellipsis() {
        for (text, width, expected) in [
            ("apple", 5, "apple"),
            ("apples", 5, "appl…"),
            ("äpfel und", 6, "äpfel…"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("ab", 1, "…"),
        ] {
            assert_eq!(cut(text.to_owned(), width), expected);
        }
    }
}
