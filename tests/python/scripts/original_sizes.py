"""Prints the sizes of the original function in bytes: the zip of its handler and PyMySQL, and the installed libraries
that Lambda's runtime contains.
"""

import importlib.metadata
import io
import pathlib
import zipfile

HANDLER = pathlib.Path(__file__).parent.parent / "clients" / "lambda_function.py"
BROUGHT_BY_LAMBDA = ["boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3"]


def files(name):
    """The files of a library: each with its path in the library's folder and its path on this machine."""
    for path in importlib.metadata.files(name):
        located = path.locate()
        if located.is_file():
            yield str(path), located


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(HANDLER, HANDLER.name)
        for name, path in files("PyMySQL"):
            # Python compiles the bytecode again on another version.
            if path.suffix != ".pyc":
                archive.write(path, name)
    return len(buffer.getvalue())


def installed(names):
    return sum(path.stat().st_size for name in names for _, path in files(name))


print(zipped(), installed(BROUGHT_BY_LAMBDA))
