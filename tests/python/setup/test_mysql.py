"""Tests of `mysql`, with stand-ins for apt-get, dpkg-deb, mysqld and mysql in a folder of their own.

No real tool is reached: the PATH contains only the stand-ins and a few tools of the shell, and MySQL's target folder is
the test's. The script also searches the folders of servers' programs, so each test decides what they contain.
"""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "setup/mysql"
TOOLS = ["sh", "mkdir", "rm", "cat", "chmod", "ls", "ln", "sort", "head", "dirname", "id", "env"]

VERSION_8 = "mysqld  Ver 8.0.36 for Linux on x86_64 (Source distribution)"
VERSION_9 = "mysqld  Ver 9.7.4 for debian-linux-gnu on x86_64 ((Debian))"
VERSION_57 = "mysqld  Ver 5.7.44 for Linux on x86_64 (MySQL Community Server)"
MARIA_DB = "mysqld  Ver 10.11.6-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"

PROGRAM = """#!/bin/sh
# Stand-in for a program of MySQL or MariaDB: tells its version.
case "$*" in *--version*) echo '{version}' ;; *) exit 1 ;; esac
"""
# Prints the mirror of this machine's Debian, and puts packages where they are requested.
APT_GET = """#!/bin/sh
# Stand-in for apt-get: notes what it was asked.
echo "apt-get $*" >> "$WORLD/asked"
case "$1" in
    indextargets)
        [ -z "$NO_DEBIAN" ] || exit 0
        printf 'http://mirror.example/debian\\nhttp://mirror.example/debian\\n'
        exit 0
        ;;
esac
for word in "$@"; do
    case $word in
        Dir::Etc=*) cp "${word#*=}"/sources.list.d/*.sources "$WORLD/source" ;;
        Dir::Cache::archives=*) archives=${word#*=} ;;
        APT::Sandbox::User=*) echo "user ${word#*=}" >> "$WORLD/asked" ;;
    esac
done
[ -z "$APT_FAILS" ] || exit 100
case "$*" in *download-only*) : > "$archives/server.deb" && : > "$archives/client.deb" ;; esac
"""
# Unpacks a MySQL whose loader is a script that runs its arguments.
DPKG_DEB = """#!/bin/sh
# Stand-in for dpkg-deb: unpacks what the packages have, or fails.
echo "dpkg-deb $1 ${2##*/}" >> "$WORLD/asked"
[ -z "$DPKG_FAILS" ] || exit 2
usr="$3/usr"
mkdir -p "$usr/sbin" "$usr/bin" "$usr/lib/x86_64-linux-gnu"
cp "$WORLD/program" "$usr/sbin/mysqld"
cp "$WORLD/program" "$usr/bin/mysql"
printf '#!/bin/sh\\nshift 2\\nexec "$@"\\n' > "$usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
chmod 755 "$usr/sbin/mysqld" "$usr/bin/mysql" "$usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
"""
BREW = """#!/bin/sh
# Stand-in for brew: notes what it was asked, and puts MySQL on the PATH.
echo "brew $*" >> "$WORLD/asked"
cp "$WORLD/program" "$WORLD/bin/mysqld" && cp "$WORLD/program" "$WORLD/bin/mysql"
"""


class MySql(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.world / "bin").mkdir()
        for tool in [*TOOLS, "cp"]:
            (self.world / "bin" / tool).symlink_to(shutil.which(tool))
        self.keyring = self.world / "keyring.gpg"
        self.keyring.touch()
        self.write("program", PROGRAM.format(version=VERSION_9))
        # The script must not find this machine's servers.
        self.script = self.world / "mysql"
        text = SCRIPT.read_text()
        for real, own in [
            ('PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin"', 'PATH="$PATH:$WORLD/sbin"'),
            ("keyring=/usr/share/keyrings/debian-archive-keyring.gpg", f"keyring={self.keyring}"),
        ]:
            self.assertIn(real, text)
            text = text.replace(real, own)
        self.script.write_text(text)

    def write(self, name, script):
        path = self.world / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)

    def with_program(self, version, folder="bin"):
        for name in ["mysqld", "mysql"]:
            self.write(f"{folder}/{name}", PROGRAM.format(version=version))

    def with_debian(self):
        self.write("bin/apt-get", APT_GET)
        self.write("bin/dpkg-deb", DPKG_DEB)

    def decide(self, **variables):
        environment = {
            "PATH": str(self.world / "bin"),
            "WORLD": str(self.world),
            "TARGET_DIR": str(self.world / "target"),
            **variables,
        }
        return subprocess.run(["sh", self.script], env=environment, capture_output=True, text=True)

    def asked(self):
        path = self.world / "asked"
        return path.read_text() if path.exists() else ""

    def version(self):
        program = self.world / "target/mysql/bin/mysqld"
        environment = {"PATH": str(self.world / "bin")}
        return subprocess.run([program, "--version"], env=environment, capture_output=True, text=True).stdout.strip()

    def test_one_that_is_in_place_is_left_alone(self):
        self.with_program(VERSION_9, "target/mysql/bin")
        self.with_debian()
        done = self.decide()
        self.assertEqual((done.returncode, done.stderr, self.asked()), (0, "", ""))

    def test_one_on_the_path_is_taken_if_it_is_new_enough(self):
        for folder in ["bin", "sbin"]:
            self.with_program(VERSION_8, folder)
            done = self.decide()
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(self.version(), VERSION_8)
            self.assertTrue((self.world / "target/mysql/bin/mysqld").is_symlink())
            shutil.rmtree(self.world / "target")
            shutil.rmtree(self.world / "sbin", ignore_errors=True)
            for name in ["mysqld", "mysql"]:
                (self.world / "bin" / name).unlink(missing_ok=True)

    def test_maria_db_and_older_ones_are_none(self):
        self.with_debian()
        for version in [MARIA_DB, VERSION_57]:
            self.with_program(version)
            self.assertEqual(self.decide().returncode, 0)
            self.assertEqual(self.version(), VERSION_9)
            shutil.rmtree(self.world / "target")

    def test_debians_packages_are_downloaded_verified_and_unpacked_and_nothing_is_installed(self):
        self.with_debian()
        done = self.decide()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("downloading mysql-server-core mysql-client-core from Debian sid", done.stderr)
        source = (self.world / "source").read_text()
        for line in ["URIs: http://mirror.example/debian\n", "Suites: sid\n", f"Signed-By: {self.keyring}\n"]:
            self.assertIn(line, source)
        own = str(self.world / "target/mysql/download")
        for line in self.asked().splitlines():
            if line.startswith("apt-get -qq"):
                for folder in [f"Dir::Etc={own}/etc", f"Dir::State={own}/state", f"Dir::Cache={own}/cache"]:
                    self.assertIn(folder, line)
                self.assertTrue(" update" in line or " --download-only " in line, line)
        self.assertIn("dpkg-deb -x client.deb\ndpkg-deb -x server.deb\n", self.asked())
        self.assertEqual(self.version(), VERSION_9)
        # The package lists and the packages are removed.
        self.assertFalse(Path(own).exists())
        # The second run does nothing.
        (self.world / "asked").unlink()
        self.assertEqual((self.decide().stderr, self.asked()), ("", ""))

    def test_where_the_machine_has_no_debian_it_is_debians_own_mirror(self):
        self.with_debian()
        self.assertEqual(self.decide(NO_DEBIAN="1").returncode, 0)
        self.assertIn("URIs: http://deb.debian.org/debian\n", (self.world / "source").read_text())

    def test_without_debians_keys_nothing_is_downloaded(self):
        self.with_debian()
        self.keyring.unlink()
        done = self.decide()
        self.assertEqual((done.returncode, self.asked()), (1, ""))
        self.assertIn("apt-get install debian-archive-keyring", done.stderr)
        self.assertIn("error: the tests need a MySQL server", done.stderr)

    def test_a_download_that_fails_leaves_nothing_that_counts_as_mysql(self):
        self.with_debian()
        for failure in ["APT_FAILS", "DPKG_FAILS"]:
            done = self.decide(**{failure: "1"})
            self.assertEqual(done.returncode, 1)
            self.assertIn("error: the tests need a MySQL server of version 8.0 or newer", done.stderr)
            self.assertFalse((self.world / "target/mysql/bin/mysqld").exists())
        # A failed run does not disturb the next one.
        self.assertEqual(self.decide().returncode, 0)
        self.assertEqual(self.version(), VERSION_9)

    def test_a_link_to_one_that_is_gone_is_replaced_and_not_written_through(self):
        installed = self.world / "elsewhere/mysqld"
        self.write("elsewhere/mysqld", PROGRAM.format(version=MARIA_DB))
        folder = self.world / "target/mysql/bin"
        folder.mkdir(parents=True)
        (folder / "mysqld").symlink_to(installed)
        self.with_debian()
        self.assertEqual(self.decide().returncode, 0)
        self.assertEqual(self.version(), VERSION_9)
        self.assertIn("MariaDB", installed.read_text())

    def test_on_macos_it_is_homebrews(self):
        self.write("bin/brew", BREW)
        done = self.decide()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked(), "brew install mysql\n")
        self.assertEqual(self.version(), VERSION_9)

    def test_where_no_way_is_left_it_says_what_to_install(self):
        done = self.decide()
        self.assertEqual(done.returncode, 1)
        for words in ["version 8.0 or newer", "apt-get install mysql-server-core-8.0", "brew install mysql"]:
            self.assertIn(words, done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "becoming another user needs root")
    def test_an_ordinary_user_without_a_home_can_do_it(self):
        self.with_debian()
        nobody = 65534
        for path in [self.world, *self.world.rglob("*")]:
            if not path.is_symlink():
                os.chown(path, nobody, nobody)
        environment = {
            "PATH": str(self.world / "bin"),
            "WORLD": str(self.world),
            "TARGET_DIR": str(self.world / "target"),
        }
        done = subprocess.run(
            ["sh", self.script], env=environment, capture_output=True, text=True, user=nobody, group=nobody, extra_groups=[]
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("user nobody\n", self.asked())
        self.assertEqual(self.version(), VERSION_9)


if __name__ == "__main__":
    unittest.main()
