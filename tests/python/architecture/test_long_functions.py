"""Tests of the check for long functions."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

import long_functions


def function(lines: int, head: str = "fn long() {", indentation: str = "") -> str:
    """A function of `lines` lines, including its head and its closing brace."""
    body = [f"{indentation}    step();"] * (lines - 2)
    return "\n".join([indentation + head, *body, indentation + "}"]) + "\n"


def check(files: dict[str, str]) -> tuple[int, str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            code = long_functions.main([str(Path(folder, name)) for name in files])
        return code, printed.getvalue().replace(folder, "")


class LongFunctions(unittest.TestCase):
    def test_the_limit_is_allowed(self):
        self.assertEqual(check({"a.rs": function(60)}), (0, ""))

    def test_one_line_more_is_named(self):
        code, printed = check({"a.rs": "\n" + function(61), "b.rs": function(3)})
        self.assertEqual(code, 1)
        self.assertIn("/a.rs:2: long has 61 lines", printed)
        self.assertNotIn("b.rs", printed)

    def test_every_kind_of_function(self):
        for head in (
            "pub fn long() -> X {",
            "pub(in crate::sql) async fn long<T>(value: T) {",
            "const fn long() {",
            'pub unsafe extern "C" fn long() {',
            "fn long() { // why",
        ):
            with self.subTest(head):
                self.assertEqual(check({"a.rs": function(60, head)})[0], 0)
                self.assertEqual(check({"a.rs": function(61, head)})[0], 1)

    def test_the_head_counts(self):
        head = ["fn long(", "    one: u8,", ") -> X", "where", "    X: Y,", "{"]
        text = "\n".join(head) + "\n" + "    step();\n" * 53
        self.assertEqual(check({"a.rs": text + "}\n"}), (0, ""))
        self.assertEqual(check({"a.rs": text + "    step();\n}\n"})[0], 1)

    def test_methods_and_functions_without_a_body(self):
        methods = function(60, "fn one(&self) {", "    ") + function(61, "fn two(&self) {", "    ")
        code, printed = check({"a.rs": f"trait X {{\n    fn x(\n        a: A,\n    );\n    fn y() {{}}\n{methods}}}\n"})
        self.assertEqual(code, 1)
        self.assertIn("a.rs:66: two has 61 lines", printed)
        self.assertEqual(printed.count("\n"), 1)

    def test_a_text_that_looks_like_an_end(self):
        text = function(70).replace("    step();", 'SELECT 1;', 5)
        self.assertEqual(check({"a.rs": text})[0], 1)

    def test_tests_are_not_counted(self):
        long = function(61, indentation="    ")
        for before in ("#[cfg(test)]\nmod tests {\n", "#[cfg(all(test, unix))]\n#[path = \"x.rs\"]\nmod tests {\n"):
            with self.subTest(before):
                self.assertEqual(check({"a.rs": before + long + "}\n"}), (0, ""))
        self.assertEqual(check({"a.rs": "#[test]\n" + function(61)}), (0, ""))

    def test_what_follows_tests_is_counted(self):
        for before in (
            "#[cfg(test)]\nmod tests;\n",
            "#[cfg(test)]\nuse a::{\n    b,\n};\n",
            "#[cfg(test)]\nmod tests {\n    fn short() {}\n}\n",
            "struct X {\n    #[cfg(test)]\n    field: u8,\n}\n",
        ):
            with self.subTest(before):
                self.assertEqual(check({"a.rs": before + function(61)})[0], 1)
        self.assertEqual(check({"a.rs": '#[cfg(any(test, feature = "x"))]\n' + function(61)})[0], 1)

    def test_folders_of_tests_are_not_counted(self):
        for name in ("tests/all/a.rs", "x/tests/support/tests/a.rs", "tests/fuzz/a.rs", "src/lexer/tests.rs"):
            with self.subTest(name):
                self.assertEqual(check({name: function(61)}), (0, ""))
        self.assertEqual(check({"tests/support/src/a.rs": function(61)})[0], 1)

    def test_no_files_is_an_error(self):
        self.assertEqual(check({})[0], 2)


if __name__ == "__main__":
    unittest.main()
