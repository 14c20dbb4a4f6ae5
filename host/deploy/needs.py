"""Checks whether Amazon Linux 2023 can run a program: the architecture, the libraries, and glibc 2.34.

    needs.py PROGRAM arm64|x86_64

It prints each symbol that fails. Exit code 3 means that only the versions of symbols are too new: building against an
older glibc, as with zig, solves that and no other failure.

Sources: Amazon Linux 2023 User Guide, "Core toolchain packages glibc, gcc, binutils"; the ELF gABI supplement of
Linux Standard Base, "Symbol Versioning". GLIBC_ABI_DT_RELR came with glibc 2.36.
"""

import re
import sys

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection, GNUVerSymSection

GLIBC = (2, 34)
MACHINES = {"EM_AARCH64": "arm64", "EM_X86_64": "x86_64"}
# The libraries of glibc and libgcc, which the runtime has. Any other would have to be in the package.
LIBRARIES = re.compile(r"^(lib(c|m|dl|rt|pthread|resolv|util|gcc_s)|ld-linux-(x86-64|aarch64))\.so\.[0-9]+$")
TOO_NEW = 3


def is_too_new(version):
    """Whether a version belongs to glibc, but not to glibc 2.34."""
    if not version.startswith("GLIBC_"):
        return False
    numbers = re.fullmatch(r"GLIBC_([0-9]+(?:\.[0-9]+)+)", version)
    # Names without a number, such as GLIBC_ABI_DT_RELR and GLIBC_PRIVATE, are not in 2.34 or not for programs.
    return numbers is None or tuple(map(int, numbers[1].split("."))) > GLIBC


def versions(elf):
    """The library versions that the program needs, by the index that its symbols use for them."""
    needed = {}
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for library, auxiliaries in section.iter_versions():
                for auxiliary in auxiliaries:
                    needed[auxiliary["vna_other"]] = (auxiliary.name, library.name)
    return needed


def too_new(elf):
    """What the program needs from a newer glibc than 2.34: `symbol@version`, or a version that no symbol uses."""
    needed = {number: version for number, (version, _) in versions(elf).items() if is_too_new(version)}
    symbols = []
    names = elf.get_section_by_name(".dynsym")
    for section in elf.iter_sections():
        if names is not None and isinstance(section, GNUVerSymSection):
            for index in range(section.num_symbols()):
                number = section.get_symbol(index)["ndx"]
                if number in needed:
                    symbols.append((number, f"{names.get_symbol(index).name}@{needed[number]}"))
    with_symbols = {number for number, _ in symbols}
    alone = [version for number, version in needed.items() if number not in with_symbols]
    return sorted({name for _, name in symbols} | set(alone))


def libraries(elf):
    """The libraries that the program is linked with."""
    dynamic = (section for section in elf.iter_sections() if isinstance(section, DynamicSection))
    return [tag.needed for section in dynamic for tag in section.iter_tags("DT_NEEDED")]


def check(program, architecture):
    """Returns the exit code and the lines to print."""
    try:
        with open(program, "rb") as file:
            elf = ELFFile(file)
            machine = MACHINES.get(elf["e_machine"], elf["e_machine"])
            strange = [name for name in libraries(elf) if not LIBRARIES.match(name)]
            symbols = too_new(elf)
            newest = [version for version, _ in versions(elf).values() if version.startswith("GLIBC_")]
    except (OSError, ELFError) as error:
        return 1, [f"{program} is not a Linux program: {error}"]
    if machine != architecture:
        return 1, [f"{program} is for {machine}, not for {architecture}"]
    if strange:
        return 1, [f"Amazon Linux 2023 does not have these libraries: {', '.join(strange)}"]
    if symbols:
        says = "Amazon Linux 2023 has glibc 2.34, but the program needs newer symbols:"
        return TOO_NEW, [says, *(f"    {symbol}" for symbol in symbols)]
    newest = max(newest, key=lambda version: [int(n) for n in version[6:].split(".")], default="no version of glibc")
    return 0, [f"needs {newest} at most: Amazon Linux 2023 has 2.34"]


def main(arguments):
    if len(arguments) != 2 or arguments[1] not in MACHINES.values():
        print("usage: needs.py PROGRAM arm64|x86_64", file=sys.stderr)
        return 2
    code, lines = check(*arguments)
    print("\n".join(lines), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
