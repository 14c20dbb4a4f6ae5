"""Tests of the check for long files."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import long_files


def check(files: dict[str, int]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in files.items():
            Path(folder, name).write_text("\n" * lines)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = long_files.main([str(Path(folder, name)) for name in files])
        return code, printed.getvalue().replace(folder, "")


class LongFiles(unittest.TestCase):
    def test_the_limit_is_allowed(self):
        self.assertEqual(check({"a.rs": 400}), (0, ""))

    def test_one_line_more_is_named(self):
        code, printed = check({"a.rs": 401, "b.rs": 1})
        self.assertEqual(code, 1)
        self.assertIn("/a.rs has 401 lines", printed)
        self.assertNotIn("b.rs", printed)

    def test_no_files_is_an_error(self):
        self.assertEqual(check({})[0], 2)


if __name__ == "__main__":
    unittest.main()
