"""Builds the .deb of the command.

    deb.py FILES FOLDER VERSION

FILES is a folder with the program and its documentation. The .deb is written to FOLDER, with Debian's usual name. It
depends on the glibc version that the program needs.

Sources: Debian Policy Manual, 5.3 "Binary package control files", 9.1.1 "File System Structure", 12 "Documentation".
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

# The destination of each file, and whether it is compressed.
PLACES = {
    "rds-bridge": ("usr/bin/rds-bridge", False),
    "rds-bridge.1": ("usr/share/man/man1/rds-bridge.1.gz", True),
    "completions/rds-bridge.bash": ("usr/share/bash-completion/completions/rds-bridge", False),
    "completions/_rds-bridge": ("usr/share/zsh/vendor-completions/_rds-bridge", False),
    "completions/rds-bridge.fish": ("usr/share/fish/vendor_completions.d/rds-bridge.fish", False),
    "README.md": ("usr/share/doc/rds-bridge/README.md.gz", True),
    "CHANGELOG.md": ("usr/share/doc/rds-bridge/changelog.gz", True),
}
COPYRIGHT = "usr/share/doc/rds-bridge/copyright"
PROGRAM = "usr/bin/rds-bridge"
# The packages of the libraries that the program may be linked with. glibc's libraries share one package.
PACKAGES = {
    "libgcc_s": "libgcc-s1",
    **dict.fromkeys(["libc", "libm", "libdl", "libpthread", "librt", "libresolv", "ld-linux"], "libc6"),
}
MAINTAINER = "The maintainers of rds-bridge"

CONTROL = """Package: rds-bridge
Version: {version}
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {kilobytes}
Depends: {dependencies}
Section: database
Priority: optional
Description: from a terminal to MySQL on Amazon RDS, without a stored password
 Signs an RDS IAM token, logs in with it over verified TLS, executes a statement
 and streams the rows. When it fails, it names the stage and the likely causes.
"""

LICENCES = """rds-bridge may be used under the MIT licence or under the Apache License, Version 2.0, as you choose.
The Apache License is in /usr/share/common-licenses/Apache-2.0. The MIT licence:

{mit}"""


def dependencies(program):
    """The value of the field Depends for a program: its packages, with the version of glibc."""
    with open(program, "rb") as file:
        elf = ELFFile(file)
        sections = list(elf.iter_sections())
        dynamic = [tag for section in sections if isinstance(section, DynamicSection) for tag in section.iter_tags("DT_NEEDED")]
        libraries = [tag.needed for tag in dynamic]
        needs = [section for section in sections if isinstance(section, GNUVerNeedSection)]
        versions = [auxiliary.name for section in needs for _, found in section.iter_versions() for auxiliary in found]
    return of_libraries(libraries, versions)


def of_libraries(libraries, versions):
    """The value of the field Depends for file names of libraries and versions of symbols."""
    numbers = [re.fullmatch(r"GLIBC_([0-9.]+)", version) for version in versions]
    newest = max((tuple(map(int, number[1].split("."))) for number in numbers if number), default=None)
    packages = set()
    for library in libraries:
        name = re.split(r"\.so|-x86-64|-aarch64", library)[0]
        if name not in PACKAGES:
            raise ValueError(f"the program needs {library}, but no package is known that contains it")
        packages.add(PACKAGES[name])
    of_glibc = f" (>= {'.'.join(map(str, newest))})" if newest else ""
    return ", ".join(sorted(package + (of_glibc if package == "libc6" else "") for package in packages))


def lay_out(files, root):
    """Copies the files to their destinations below a root folder. Each command has its own manual page."""
    pages = {
        f"man/{page.name}": (f"usr/share/man/man1/{page.name}.gz", True) for page in sorted(files.glob("man/*.1"))
    }
    for name, (place, is_compressed) in (PLACES | pages).items():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if is_compressed:
            target.write_bytes(gzip.compress((files / name).read_bytes(), mtime=0))
        else:
            shutil.copyfile(files / name, target)
        target.chmod(0o755 if place == PROGRAM else 0o644)
    (root / COPYRIGHT).write_text(LICENCES.format(mit=(files / "LICENSE-MIT").read_text()))


def build(files, folder, version):
    asked = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    architecture = asked.stdout.strip()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary) / "root"
        lay_out(files, root)
        size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file())
        control = CONTROL.format(
            version=version,
            architecture=architecture,
            maintainer=os.environ.get("RDS_BRIDGE_MAINTAINER", MAINTAINER),
            kilobytes=-(-size // 1024),
            dependencies=dependencies(root / PROGRAM),
        )
        (root / "DEBIAN").mkdir()
        (root / "DEBIAN/control").write_text(control)
        for directory in [root, *(path for path in root.rglob("*") if path.is_dir())]:
            directory.chmod(0o755)
        package = folder / f"rds-bridge_{version}_{architecture}.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", root, package], check=True, stdout=subprocess.DEVNULL)


def main(arguments):
    if len(arguments) != 3:
        print("usage: deb.py FILES FOLDER VERSION", file=sys.stderr)
        return 2
    files, folder, version = arguments
    build(Path(files), Path(folder), version)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
