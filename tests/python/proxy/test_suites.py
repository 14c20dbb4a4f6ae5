"""Tests of how `suites.py` reads the summary of pytest."""

import unittest

import suites

SUMMARY = """\
..F.E
=========================== short test summary info ============================
PASSED tests/test_basic.py::TestBasic::test_read
PASSED tests/test_basic.py::TestGtid::test_read
PASSED tests/test_types.py::test_value[a - b c]
FAILED tests/test_other.py::TestBasic::test_read - AssertionError: 1 != 2
ERROR tests/test_other.py::TestSlow::test_read - pymysql.err.OperationalError: (1236, 'x')
ERROR tests/test_broken.py
"""


class NodeResults(unittest.TestCase):
    def test_a_name_in_several_classes_and_files(self):
        self.assertEqual(suites.node_results(SUMMARY), {
            "tests/test_basic.py::TestBasic::test_read": "PASSED",
            "tests/test_basic.py::TestGtid::test_read": "PASSED",
            "tests/test_types.py::test_value[a - b c]": "PASSED",
            "tests/test_other.py::TestBasic::test_read": "FAILED",
            "tests/test_other.py::TestSlow::test_read": "ERROR",
        })


if __name__ == "__main__":
    unittest.main()
