"""How console blocks are read, and compared with what is printed."""

import unittest

import console

PAGE = """\
```console
$ not run
```

<!-- run -->
```console
$ one \\
    more
first
$ two
```
"""


class Blocks(unittest.TestCase):
    def test_those_with_the_mark_are_run(self):
        self.assertEqual(list(console.commands(PAGE)), [(7, "one \\\n    more", ["first"]), (10, "two", [])])

    def test_a_block_begins_with_a_command(self):
        with self.assertRaisesRegex(ValueError, "line 3"):
            list(console.commands("<!-- run -->\n```console\noutput\n```\n"))


class Output(unittest.TestCase):
    def test_the_same(self):
        self.assertTrue(console.shows(["a (b)", "c"], "a (b)\nc\n"))
        self.assertTrue(console.shows([], ""))

    def test_another(self):
        for printed in ["a\n", "a\nb\nc\n", "b\na\n", "", "a\nb"]:
            self.assertFalse(console.shows(["a", "b"], printed), printed)

    def test_text_and_lines_that_are_left_out(self):
        self.assertTrue(console.shows(["a … d", "…"], "a b c d\ne\nf\n"))
        self.assertTrue(console.shows(["…", "b"], "b\n"))
        self.assertFalse(console.shows(["a … d"], "a b\nc d\n"))
        self.assertFalse(console.shows(["…", "b"], "a\nc\n"))

    def test_what_differs_each_time(self):
        page = ["TCP   0.3 ms  127.0.0.1:4000", "export DB_PORT=13306", "until 2026-11-29T12:15:03Z", "port:   1"]
        printed = "TCP  12.0 ms  127.0.0.1:59999\nexport DB_PORT=4\nuntil 2027-01-01T00:00:00Z\nport:          33060\n"
        self.assertTrue(console.shows(page, printed))
        self.assertFalse(console.shows(["TCP   0.3 ms  127.0.0.1:4000"], "TCP  slow  127.0.0.1:4000\n"))
        self.assertFalse(console.shows(["at 10.0.0.1:4000"], "at 10.0.0.1:4001\n"))


if __name__ == "__main__":
    unittest.main()
