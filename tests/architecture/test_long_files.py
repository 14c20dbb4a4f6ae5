"""The check of long files, on small trees."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import long_files


def check(files: dict[str, int]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in files.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("\n" * lines)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = long_files.main([folder])
        return code, printed.getvalue().replace(folder, "")


class LongFiles(unittest.TestCase):
    def test_the_limit_is_allowed(self):
        self.assertEqual(check({"a/b.rs": 400, "a.txt": 1000}), (0, ""))

    def test_one_line_more_is_named(self):
        code, printed = check({"a/b.rs": 401, "c.rs": 1})
        self.assertEqual(code, 1)
        self.assertIn("/a/b.rs has 401 lines", printed)
        self.assertNotIn("c.rs", printed)


if __name__ == "__main__":
    unittest.main()
