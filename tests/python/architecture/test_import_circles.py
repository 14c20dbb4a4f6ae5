"""Tests of the check for folders that import each other, on small trees."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import import_circles


def check(files: dict[str, str]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = import_circles.main([folder])
        return code, printed.getvalue().replace(folder, "")


class ImportCircles(unittest.TestCase):
    def test_one_way_is_none(self):
        code, printed = check({
            "lib.rs": "mod a; mod b;",
            "a.rs": "mod deep;\nuse crate::b::Thing;",
            "a/deep.rs": "use crate::b::more::Other;",
            "b.rs": "pub struct Thing;",
            "b/more.rs": "pub struct Other;",
        })
        self.assertEqual((code, printed), (0, ""))

    def test_two_folders(self):
        code, printed = check({
            "a.rs": "mod deep;",
            "a/deep.rs": "use crate::b::Thing;",
            "b.rs": "mod more;",
            "b/more.rs": "fn f() { crate::a::g() }",
        })
        self.assertEqual(code, 1)
        self.assertIn("a → b → a", printed)
        self.assertIn("/a/deep.rs imports b", printed)

    def test_a_longer_way_round(self):
        code, printed = check({
            "a/x.rs": "use crate::{b::B, d};",
            "b/x.rs": "use crate::c::C;",
            "c/x.rs": "use crate::a::x::A;",
            "d/x.rs": "",
        })
        self.assertEqual(code, 1)
        self.assertEqual(printed.count("each other"), 1)
        self.assertIn("a → b → c → a", printed)

    def test_paths_of_super(self):
        code, printed = check({
            "a.rs": "use super::b::B;",
            "a/deep.rs": "fn f() { super::super::b::g() }",
            "b.rs": "use super::{a::A, c};",
            "c.rs": "",
        })
        self.assertEqual(code, 1)
        self.assertIn("a → b → a", printed)

    def test_a_module_in_a_file_has_another_parent(self):
        files = {"a.rs": "mod b;\n#[cfg(test)]\nmod tests {\n    use super::b::B;\n}", "a/b.rs": "", "b.rs": "use super::a::A;"}
        self.assertEqual(check(files)[0], 0)

    def test_a_comment_imports_nothing(self):
        code, _ = check({"a/x.rs": "use crate::b::B;", "b/x.rs": "//! [`crate::a::A`]\n// crate::a"})
        self.assertEqual(code, 0)

    def test_a_folder_within_another_belongs_to_it(self):
        code, _ = check({
            "a.rs": "mod deep;\nuse deep::x::X;",
            "a/deep.rs": "mod x;",
            "a/deep/x.rs": "use crate::a::A;",
        })
        self.assertEqual(code, 0)

    def test_a_file_at_the_root_is_a_room(self):
        code, printed = check({
            "a/deep.rs": "use crate::face::Thing;",
            "face.rs": "pub use crate::a::deep::Thing;",
        })
        self.assertEqual(code, 1)
        self.assertIn("face", printed)

    def test_an_empty_folder_is_an_error(self):
        with self.assertRaises(SystemExit):
            check({"a.txt": ""})


if __name__ == "__main__":
    unittest.main()
