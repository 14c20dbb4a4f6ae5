//! Tests of the lexer.

use super::*;

fn kinds(sql: &str) -> Vec<TokenKind> {
    let tokens = tokens(sql.as_bytes()).unwrap().into_iter();
    let kinds = tokens.map(|token| token.kind);
    kinds.filter(|kind| *kind != TokenKind::Space).collect()
}

fn text(text: &str) -> TokenKind {
    TokenKind::Text(text.as_bytes().to_vec())
}

#[test]
fn strings_in_every_form() {
    assert_eq!(
        kinds(r#"'it\'s' "a ""b""" 'c''d' '\\\n\0'"#),
        [text("it's"), text("a \"b\""), text("c'd"), text("\\\n\0")]
    );
    assert_eq!(
        kinds(r"x'00fF' 0x1 _binary'\0a' _utf8mb4'ä'"),
        [
            TokenKind::Bytes(vec![0, 0xFF]),
            TokenKind::Bytes(vec![1]),
            TokenKind::Bytes(vec![0, b'a']),
            text("ä"),
        ]
    );
    for unclosed in ["'a", "\"a", "`a", "/* a", "'a\\"] {
        assert!(tokens(unclosed.as_bytes()).is_err(), "{unclosed}");
    }
}

#[test]
fn comments_are_space() {
    let word = |word: &str| TokenKind::Word(word.to_owned());
    assert_eq!(
        kinds("a # b\n/* c */ d -- e\n--f"),
        [
            word("a"),
            word("d"),
            TokenKind::Other('-'),
            TokenKind::Other('-'),
            word("f"),
        ]
    );
    assert_eq!(
        kinds("/*!40101 a */ /*!999999 b */ /*! c*/ /*+ d */"),
        [word("a"), word("c")]
    );
    for unclosed in ["/*!40101 a", "/*!999999 a", "/*! a /* b"] {
        assert!(tokens(unclosed.as_bytes()).is_err(), "{unclosed}");
    }
}

#[test]
fn numbers_and_names_that_begin_with_digits() {
    let number = |number: &str| TokenKind::Number(number.to_owned());
    assert_eq!(
        kinds("1 1.5 .5 5. 1e3 1.5E-3 1a 2ex"),
        [
            number("1"),
            number("1.5"),
            number(".5"),
            number("5."),
            number("1e3"),
            number("1.5E-3"),
            TokenKind::Word("1a".into()),
            TokenKind::Word("2ex".into()),
        ]
    );
}

#[test]
fn variables_and_names() {
    assert_eq!(
        kinds("@@SESSION.Tx_Isolation @@version `a``b`;?"),
        [
            TokenKind::Variable("tx_isolation".into()),
            TokenKind::Variable("version".into()),
            TokenKind::QuotedName("a`b".into()),
            TokenKind::End,
            TokenKind::Parameter,
        ]
    );
}
