"""The Rust on the pages is compiled: by the doc tests of tests/lib.rs, or in the sources that a page is taken from."""

import re
import unittest
from pathlib import Path

import markdown

ROOT = Path(__file__).resolve().parents[3]
# Generated from code that is compiled: `ten_tasks.py --check` compares this page with bench/peers/examples/ten_tasks.
GENERATED = {"docs/ten-tasks.md"}


class Pages(unittest.TestCase):
    def test_pages_with_rust_are_among_the_doc_tests(self):
        compiled = set(re.findall(r'"\.\./(.+\.md)"', (ROOT / "tests/lib.rs").read_text(encoding="utf-8")))
        with_rust = set()
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
            blocks = markdown.split(page.read_text(encoding="utf-8"))[1]
            if any(block.language.split(",")[0] == "rust" for block in blocks):
                with_rust.add(str(page.relative_to(ROOT)))
        self.assertEqual(compiled, with_rust - GENERATED)
        self.assertIn("README.md", compiled)

    def test_the_guest_and_the_host_for_spin_on_their_page_are_the_compiled_ones(self):
        blocks = markdown.split((ROOT / "docs/guests.md").read_text(encoding="utf-8"))[1]
        guest, host = [block for block in blocks if block.language == "rust,ignore"]
        source = (ROOT / "tests/guests/src/report.rs").read_text(encoding="utf-8")
        self.assertTrue(source.endswith("\n".join(guest.lines) + "\n"))
        source = (ROOT / "tests/guest_apps/src/host.rs").read_text(encoding="utf-8")
        self.assertIn("\n" + "\n".join(host.lines) + "\n", source)
        # The page says how long the host is.
        self.assertLessEqual(len(source.splitlines()), 80)

    def test_all_other_rust_is_compiled(self):
        for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
            blocks = markdown.split(page.read_text(encoding="utf-8"))[1]
            ignored = [block for block in blocks if block.language == "rust,ignore"]
            self.assertEqual(len(ignored), 2 if page.name == "guests.md" else 0, page.name)

    def test_the_example_for_contributors_is_a_test(self):
        blocks = markdown.split((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))[1]
        [example] = [block for block in blocks if block.language.split(",")[0] == "rust"]
        test = (ROOT / "tests/all/sessions/user_variables.rs").read_text(encoding="utf-8")
        self.assertEqual("\n".join(example.lines) + "\n", test.partition("\n\n")[2])


if __name__ == "__main__":
    unittest.main()
