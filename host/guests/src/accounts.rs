//! Accounts in the messages of a server.

/// What a message has in place of an account.
const HIDDEN: &str = "'…'@'…'";

/// The message without the accounts in it, `'user'@'host'`, which tell the database user and an address of the host.
/// In some messages they are quoted with backticks.
pub(crate) fn without_accounts(message: &str) -> String {
    without(&without(message, '\''), '`')
}

fn without(message: &str, quote: char) -> String {
    let between = format!("{quote}@{quote}");
    let mut shown = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once(&between) {
        // A user's name contains no quote that the server does not double; what is cut too much is no secret.
        let begin = before.rfind(quote).unwrap_or(0);
        let end = after
            .find(quote)
            .map_or(after.len(), |end| end.saturating_add(1));
        shown.push_str(before.get(..begin).unwrap_or_default());
        shown.push_str(HIDDEN);
        rest = after.get(end..).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_removed() {
        for (message, shown) in [
            (
                "SELECT command denied to user 'app'@'10.0.0.7' for table 't'",
                "SELECT command denied to user '…'@'…' for table 't'",
            ),
            (
                "The user specified as a definer ('a'@'%') does not exist, nor does 'b'@'x'",
                "The user specified as a definer ('…'@'…') does not exist, nor does '…'@'…'",
            ),
            (
                "Table 'shop.none' doesn't exist",
                "Table 'shop.none' doesn't exist",
            ),
            (
                "`r`@`%` is not granted to `app`@`10.0.0.7`",
                "'…'@'…' is not granted to '…'@'…'",
            ),
            ("", ""),
            ("'@'", "'…'@'…'"),
            ("é'@'é", "'…'@'…'"),
        ] {
            assert_eq!(without_accounts(message), shown, "{message}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(message in "[a'@ é]{0,24}") {
            let shown = without_accounts(&message);
            proptest::prop_assert!(!shown.replace(HIDDEN, "").contains("'@'") || message.contains("'@'"));
        }
    }
}
