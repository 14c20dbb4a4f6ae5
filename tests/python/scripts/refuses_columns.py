"""Checks that pyarrow, and DuckDB where possible, refuse to read incomplete files. Takes pairs of a format and a
path."""

import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet

READERS = {
    "parquet": [
        pyarrow.parquet.read_table,
        lambda path: duckdb.sql("SELECT * FROM read_parquet($path)", params={"path": path}).fetchall(),
    ],
    "arrow": [lambda path: pa.ipc.open_file(path).read_all()],
    "arrow-stream": [lambda path: pa.ipc.open_stream(path).read_all()],
}

for file_format, path in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
    for read in READERS[file_format]:
        try:
            rows = read(path)
        except (pa.ArrowException, OSError, duckdb.Error) as error:
            print(f"{file_format}: {error}")
        else:
            sys.exit(f"{file_format}: {path} was read: {rows}")
