"""Creates the archive of the command: all files of a folder, in a folder with the archive's name.

    archive.py FOLDER ARCHIVE.tar.gz

The archive is reproducible: the owners and the order of the files are fixed, and their time is SOURCE_DATE_EPOCH.
"""

import gzip
import os
import sys
import tarfile
from pathlib import Path


def pack(folder, path, time):
    """Writes the archive. Executable files stay executable."""
    name = Path(path).name.removesuffix(".tar.gz")
    with open(path, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=time) as compressed:
        with tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for file in sorted(Path(folder).rglob("*")):
                entry = archive.gettarinfo(file, f"{name}/{file.relative_to(folder).as_posix()}")
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = "root"
                entry.mtime = time
                entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
                if entry.isfile():
                    with open(file, "rb") as content:
                        archive.addfile(entry, content)
                else:
                    archive.addfile(entry)


def main(arguments):
    if len(arguments) != 2:
        print("usage: archive.py FOLDER ARCHIVE.tar.gz", file=sys.stderr)
        return 2
    pack(*arguments, int(os.environ["SOURCE_DATE_EPOCH"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
