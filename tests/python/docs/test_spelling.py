"""The check of spelling. It needs the packages codespell and pyspellchecker."""

import contextlib
import io
import subprocess
import tempfile
import unittest
from pathlib import Path

import spelling

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]


def check(files: dict[str, str], own: str = "") -> tuple[int, list[str]]:
    """The exit code and the lines printed for files by name, with a list of words."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**files, "words.txt": own}.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = spelling.main([str(Path(folder, name)) for name in files], [str(Path(folder, "words.txt"))])
        return code, printed.getvalue().replace(folder + "/", "").splitlines()


class Spelling(unittest.TestCase):
    def test_correct_prose(self):
        self.assertEqual(check({"a.md": "# Colours\n\nIt's the server's behaviour, and it optimises the well-known case.\n"}), (0, []))

    def test_a_misspelt_word_fails(self):
        self.assertEqual(check({"a.md": "one\n\nIt will recieve a row.\n"}), (1, ["a.md:3: the misspelt word recieve: write receive"]))

    def test_an_unknown_word_fails(self):
        self.assertEqual(check({"a.md": "A fromblicated row.\n"}), (1, ["a.md:1: the unknown word fromblicated"]))

    def test_an_american_spelling_fails(self):
        code, lines = check({"a.md": "Its behavior is serialized.\n"})
        self.assertEqual((code, lines), (1, [
            "a.md:1: the American spelling behavior: write behaviour",
            "a.md:1: the American spelling serialized: write serialised"]))

    def test_quotations_keep_their_spelling(self):
        page = 'See "Initialization error" and [Scaling behavior](https://example.com).\n'
        self.assertEqual(check({"a.md": page}), (0, []))
        self.assertEqual(check({"a.md": "[The behavior](b.md)\n"})[0], 1)
        self.assertEqual(check({"a.md": '"I recieve"\n'})[0], 1)

    def test_comments_of_sources(self):
        source = '''//! Recieve.
/// A `fromblicated` example:
///
/// ```
/// let fromblicated = 1;
/// ```
fn fromblicated() {
    let url = "http://fromblicated"; // a fromblicated one
    // recieve
}
'''
        self.assertEqual(check({"a.rs": source})[1], [
            "a.rs:1: the misspelt word recieve: write receive",
            "a.rs:8: the unknown word fromblicated",
            "a.rs:9: the misspelt word recieve: write receive"])
        self.assertEqual(check({"a.wit": "/// Recieve.\nrecord recieve {}\n"})[1], ["a.wit:1: the misspelt word recieve: write receive"])

    def test_names_of_code_are_no_words(self):
        page = "`qwx`, QWX, MyQwx, qwx_qwx, qwx/qwx, qwx.rs, --qwx, qwx7, [a](qwx.md), https://qwx.example and <qwx@example.com>\n"
        self.assertEqual(check({"a.md": page + "\n```sh\nqwx\n```\n"}), (0, []))

    def test_own_words(self):
        self.assertEqual(check({"a.md": "The qwx's qwx-row.\n"}, "qwx\n"), (0, []))
        self.assertEqual(check({"a.md": "Qwx.\n"}, "qwx\nqwy\n"), (1, ["the list contains the word qwy, but no file does"]))
        for own in ["qwy\nqwx\n", "qwx\nqwx\nqwy\n"]:
            code, lines = check({"a.md": "qwx qwy\n"}, own)
            self.assertEqual((code, lines), (1, ["words.txt is not sorted, or contains a word twice"]))

    def test_nothing_to_check_is_an_error(self):
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(spelling.main([], ["words.txt"]), 2)
            self.assertEqual(spelling.main(["a.md"], []), 2)


class MisspeltOnPurpose(unittest.TestCase):
    """The words that codespell ignores."""

    def test_each_is_used(self):
        words = (FOLDER / "misspelt_on_purpose.txt").read_text(encoding="utf-8").splitlines()
        self.assertEqual(words, sorted(set(words)))
        for word in words:
            command = ["git", "grep", "-qiI", rf"\b{word}", "--", ".", ":!tests/python/docs/misspelt_on_purpose.txt"]
            self.assertEqual(subprocess.run(command, cwd=ROOT).returncode, 0, word)


if __name__ == "__main__":
    unittest.main()
