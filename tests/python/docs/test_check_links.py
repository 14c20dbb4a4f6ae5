"""The check of links and of long lines."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import check_links


def check(files: dict[str, str]) -> tuple[int, list[str]]:
    """The exit code, and what is printed, for pages and other files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = check_links.main([str(Path(folder, name)) for name in files if name.endswith(".md")])
        return code, printed.getvalue().replace(folder + "/", "").splitlines()


class Links(unittest.TestCase):
    def assert_is_good(self, files: dict[str, str]):
        self.assertEqual(check(files), (0, []))

    def test_files_folders_and_other_sites(self):
        page = "[a](b.md), [c](code/main.rs), [d](code), [e](https://example.com/none#x), [f](mailto:a@example.com)"
        self.assert_is_good({"a.md": page, "b.md": "", "code/main.rs": ""})

    def test_a_file_that_is_missing_is_named_with_its_line(self):
        self.assertEqual(check({"a.md": "one\n[b](b.md)"}), (1, ["a.md:2: the link b.md: there is no such file"]))

    def test_a_path_is_relative_to_its_page(self):
        self.assert_is_good({"docs/a.md": "[b](../b.md)", "b.md": "[a](docs/a.md)"})
        self.assertEqual(check({"docs/a.md": "[b](b.md)", "b.md": ""})[0], 1)

    def test_anchors(self):
        headings = "# One: `two`, three\n\n## Again\n\n### Again\n\n## [Linked](x.html) ##\n\n[b](#again-1)"
        good = "[a](b.md#one-two-three), [b](b.md#again), [c](b.md#again-1), [d](b.md#linked)"
        self.assert_is_good({"a.md": good, "b.md": headings, "x.html": ""})
        self.assertEqual(
            check({"a.md": "[a](b.md#Again) [b](#none)", "b.md": "## Again"}),
            (1, ["a.md:1: the link b.md#Again: there is no such heading",
                 "a.md:1: the link #none: there is no such heading"]))

    def test_anchors_of_other_files_are_lines(self):
        self.assert_is_good({"a.md": "[a](b.rs#L10) [c](b.rs#L1-L2)", "b.rs": ""})
        self.assertEqual(check({"a.md": "[a](b.rs#main)", "b.rs": ""})[0], 1)

    def test_code_has_no_links_and_no_headings(self):
        self.assert_is_good({"a.md": "`[a](none.md)`\n\n```rust\n# [a](none.md)\n```\n"})
        code, printed = check({"a.md": "[a](#b)\n\n~~~\n# b\n~~~\n"})
        self.assertEqual((code, len(printed)), (1, 1))

    def test_definitions_and_images(self):
        self.assertEqual(check({"a.md": "[a]\n\n[a]: none.md\n\n[![b](b.svg)](c.md)"})[1], [
            "a.md:3: the link none.md: there is no such file",
            "a.md:5: the link b.svg: there is no such file",
            "a.md:5: the link c.md: there is no such file"])
        # Numbers of footnotes in a sentence.
        self.assert_is_good({"a.md": "`a` [12]: at\n[3]: one or two"})


class Lines(unittest.TestCase):
    def test_the_limit_is_allowed(self):
        self.assertEqual(check({"a.md": "ä" * 120}), (0, []))

    def test_one_more_is_named(self):
        self.assertEqual(check({"a.md": "a" * 121}), (1, ["a.md:1: 121 characters, and 120 are the most"]))

    def test_tables_code_and_urls_may_be_longer(self):
        long = "a" * 121
        self.assertEqual(check({"a.md": f"| {long} |\n\n```text\n{long}\n```\n\nsee https://example.com/{long}"}), (0, []))

    def test_a_long_line_with_a_url_is_named(self):
        self.assertEqual(check({"a.md": "a" * 121 + " https://example.com/"})[0], 1)


class Names(unittest.TestCase):
    def test_no_files_is_an_error(self):
        self.assertEqual(check({})[0], 2)


if __name__ == "__main__":
    unittest.main()
