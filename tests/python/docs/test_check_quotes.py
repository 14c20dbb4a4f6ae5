"""The check of what a page quotes."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import check_quotes

SOURCE = '''
    cause(
        "nothing listens there, \\
         or it does",
        format!("see that port {port} is the \\"database's\\""),
    )
    "{host}: {port}"
    #[error("the token expired at {since}, but the time is {now}")]
    "rds-bridge: listening on {address} and waiting:\\n"
    ": refused with error {code}: {}"
    "the server sent its first packet"
'''


def check(page: str, source: str = SOURCE) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, name) for name in ("a.rs", "a.md")]
        for path, text in zip(paths, (source, page)):
            path.write_text(text, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = check_quotes.main([str(paths[0])], [str(paths[1])])
        return code, printed.getvalue().replace(folder + "/", "")


class Quotes(unittest.TestCase):
    def test_what_the_program_says(self):
        page = "```text\n    1. nothing listens there, or it does\n       → see that port 3306 is the \"database's\"\n```\n"
        self.assertEqual(check(page), (0, ""))

    def test_what_it_does_not_say_is_named(self):
        code, printed = check("```text\n1. nothing listens there\n```\n")
        self.assertEqual((code, printed), (1, "a.md:2: the program does not say: nothing listens there\n"))

    def test_a_literal_of_placeholders_fits_nothing(self):
        self.assertEqual(check("```text\n→ db.example.com: 3306\n```\n")[0], 1)

    def test_a_line_of_the_program_is_made_of_its_literals(self):
        for line in (
            "rds-bridge: listening on 127.0.0.1:3306 and waiting:",
            "rds-bridge: connection 1: refused with error 1045: the token expired at 12:00:00, but the time is 13:00:00",
            "✓ greeting          0.4 ms  the server sent its first packet",
        ):
            self.assertEqual(check(f"```text\n{line}\n```\n"), (0, ""))

    def test_words_of_a_line_that_no_literal_has_are_named(self):
        for line, words in (
            ("rds-bridge: refused with error 1045: the token expired at 12:00, and the time is 13:00", "and the time is"),
            ("✓ greeting          0.4 ms  the server has sent its greeting", "the server has sent its greeting"),
            ("✗ TLS               0.4 ms  the server offers no TLS", "the server offers no"),
        ):
            code, printed = check(f"```text\n{line}\n```\n")
            self.assertEqual((code, printed), (1, f"a.md:2: the program does not say: {words}\n"))

    def test_lists_outside_of_blocks_are_prose(self):
        self.assertEqual(check("1. anything\n"), (0, ""))

    def test_nothing_to_check_is_an_error(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(check_quotes.main([], ["a.md"]), 2)
            self.assertEqual(check_quotes.main(["a.rs"], []), 2)


if __name__ == "__main__":
    unittest.main()
