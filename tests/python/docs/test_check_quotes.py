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

    def test_lists_outside_of_blocks_are_prose(self):
        self.assertEqual(check("1. anything\n"), (0, ""))

    def test_nothing_to_check_is_an_error(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(check_quotes.main([], ["a.md"]), 2)
            self.assertEqual(check_quotes.main(["a.rs"], []), 2)


if __name__ == "__main__":
    unittest.main()
