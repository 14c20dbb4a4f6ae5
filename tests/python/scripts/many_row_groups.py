"""Reads a Parquet file and both kinds of Arrow files with many rows: n, and the SHA-512 of n's decimal digits. Prints
how many parts each file has, and the size of the largest part in bytes."""

import hashlib
import json
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet

parquet, arrow, stream, rows = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def check(table):
    assert table.num_rows == rows, table.num_rows
    assert table.column("n").to_pylist() == list(range(1, rows + 1))
    for number, digest in enumerate(table.column("digest").to_pylist(), 1):
        assert digest == hashlib.sha512(str(number).encode()).hexdigest(), number


file = pyarrow.parquet.ParquetFile(parquet)
check(file.read())
groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
sums = "SELECT COUNT(*), SUM(n), COUNT(DISTINCT digest) FROM read_parquet($path)"
assert duckdb.sql(sums, params={"path": parquet}).fetchall() == [(rows, rows * (rows + 1) // 2, rows)]

reader = pa.ipc.open_file(arrow)
batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
check(pa.Table.from_batches(batches))
check(pa.ipc.open_stream(stream).read_all())

print(json.dumps({
    "row groups": len(groups),
    "largest row group": max(group.total_byte_size for group in groups),
    "batches": len(batches),
    "largest batch": max(batch.nbytes for batch in batches),
}))
