"""Tests of `needs.py`, on programs that are compiled here with a replacement for glibc.

The replacement has only functions whose versions a test chooses. A program that is linked with it requires these
versions, as a program that is linked with a new glibc requires new ones.
"""

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "host/deploy/needs.py"
specification = importlib.util.spec_from_file_location("needs", SCRIPT)
needs = importlib.util.module_from_spec(specification)
specification.loader.exec_module(needs)

COMPILER = shutil.which("cc")
MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(
    subprocess.run(["uname", "-m"], capture_output=True, text=True).stdout.strip()
)


@unittest.skipUnless(sys.platform == "linux" and COMPILER and MACHINE, "what it makes are programs for Linux")
class Needs(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def compile(self, name, source, *more):
        path = self.folder / name
        # Suppresses warnings about functions that the compiler knows with another type.
        command = [COMPILER, "-w", "-nostdlib", "-o", path, "-x", "c", "-", "-x", "none", *more]
        subprocess.run(command, input=source, text=True, check=True)
        return path

    def library(self, functions, soname="libc.so.6"):
        """A library whose functions have the given versions."""
        script = self.folder / "versions"
        source = ""
        text = ""
        for function, version in functions.items():
            source += f"void {function}(void) {{}}\n"
            text += f"{version} {{ global: {function}; }};\n"
        script.write_text(text)
        options = ["-shared", "-fPIC", f"-Wl,-soname,{soname}", f"-Wl,--version-script={script}"]
        return self.compile(f"fake-{soname}", source, *options)

    def program(self, functions, soname="libc.so.6"):
        library = self.library(functions, soname)
        calls = "".join(f"void {function}(void);\n" for function in functions)
        body = "".join(f"{function}();" for function in functions)
        return self.compile("program", f"{calls} void _start(void) {{ {body} }}", library)

    def test_what_2_34_has_will_do(self):
        program = self.program({"memcpy": "GLIBC_2.2.5", "pthread_create": "GLIBC_2.34"})
        self.assertEqual(needs.check(program, MACHINE), (0, ["needs GLIBC_2.34 at most: Amazon Linux 2023 has 2.34"]))

    def test_what_came_later_is_named_by_its_symbol(self):
        program = self.program(
            {"memcpy": "GLIBC_2.14", "arc4random": "GLIBC_2.36", "__isoc23_strtol": "GLIBC_2.38", "x": "GLIBC_2.34.1"}
        )
        code, lines = needs.check(program, MACHINE)
        self.assertEqual(code, needs.TOO_NEW)
        self.assertEqual(
            [line.strip() for line in lines[1:]],
            ["__isoc23_strtol@GLIBC_2.38", "arc4random@GLIBC_2.36", "x@GLIBC_2.34.1"],
        )

    def test_numbers_are_compared_as_numbers(self):
        self.assertEqual(needs.check(self.program({"f": "GLIBC_2.4"}), MACHINE)[0], 0)
        self.assertEqual(needs.check(self.program({"f": "GLIBC_2.100"}), MACHINE)[0], needs.TOO_NEW)

    def test_a_version_that_is_no_number_is_too_new(self):
        for version in ["GLIBC_PRIVATE", "GLIBC_ABI_DT_RELR"]:
            code, lines = needs.check(self.program({"f": version}), MACHINE)
            self.assertEqual((code, lines[1].strip()), (needs.TOO_NEW, f"f@{version}"))
        self.assertFalse(needs.is_too_new("GCC_3.0"))

    def test_a_version_that_no_symbol_has_counts_too(self):
        """For example the version of packed relocations, which is a requirement for the loader only."""
        program = self.program({"f": "GLIBC_ABI_DT_RELR"})
        with program.open("r+b") as file:
            section = needs.ELFFile(file).get_section_by_name(".gnu.version")
            file.seek(section["sh_offset"])
            # VER_NDX_GLOBAL: the symbols have no version of another library.
            file.write(b"\1\0" * section.num_symbols())
        code, lines = needs.check(program, MACHINE)
        self.assertEqual((code, lines[1].strip()), (needs.TOO_NEW, "GLIBC_ABI_DT_RELR"))

    def test_another_library_is_named(self):
        code, lines = needs.check(self.program({"f": "OPENSSL_3.0.0"}, "libssl.so.3"), MACHINE)
        self.assertEqual((code, lines), (1, ["Amazon Linux 2023 does not have these libraries: libssl.so.3"]))

    def test_the_library_of_libgcc_is_there(self):
        self.assertEqual(needs.check(self.program({"f": "GCC_3.0"}, "libgcc_s.so.1"), MACHINE)[0], 0)

    def test_a_static_program_needs_nothing(self):
        program = self.compile("static", "void _start(void) {}", "-static")
        self.assertEqual(needs.check(program, MACHINE)[0], 0)

    def test_a_program_for_another_machine_is_refused(self):
        other = {"x86_64": "arm64", "arm64": "x86_64"}[MACHINE]
        program = self.compile("static", "void _start(void) {}", "-static")
        code, lines = needs.check(program, other)
        self.assertEqual((code, lines), (1, [f"{program} is for {MACHINE}, not for {other}"]))

    def test_what_is_no_program_is_an_error(self):
        program = self.compile("static", "void _start(void) {}", "-static")
        cut = self.folder / "cut"
        cut.write_bytes(program.read_bytes()[:100])
        for path in [SCRIPT, self.folder / "nowhere", cut]:
            code, lines = needs.check(path, MACHINE)
            self.assertEqual(code, 1)
            self.assertIn("is not a Linux program", lines[0])

    def test_as_a_command_it_ends_with_the_code(self):
        program = self.program({"f": "GLIBC_2.36"})
        for arguments, code in [([program, MACHINE], needs.TOO_NEW), ([SCRIPT, MACHINE], 1), ([program], 2)]:
            done = subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)
            self.assertEqual(done.returncode, code, done.stderr)


if __name__ == "__main__":
    unittest.main()
