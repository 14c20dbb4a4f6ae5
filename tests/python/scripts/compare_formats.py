"""Compares the output of `rds-bridge query` in each format with the values that PyMySQL reads, value by value, and its
TSV with the output of `mariadb --batch --binary-as-hex`.

    compare_formats.py PORT CA FOLDER PASSWORD SQL

The folder contains <format>.<protocol> and `mariadb`. No code of rds-bridge reads the files: csv and json are Python's
own modules, and the other formats are parsed here according to their documentation.
"""

import base64
import csv
import io
import itertools
import json
import pathlib
import re
import struct
import sys
import unicodedata

import pymysql
from pymysql.constants import FIELD_TYPE
from pymysql.converters import conversions

csv.field_size_limit(1 << 30)

# The converters by column type turn what the server sent into Python's types; the others are for parameters.
UNCONVERTED = {key: value for key, value in conversions.items() if not isinstance(key, int)}
INTEGERS = {
    FIELD_TYPE.TINY, FIELD_TYPE.SHORT, FIELD_TYPE.INT24, FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.YEAR,
}
NUMBERS = INTEGERS | {FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE, FIELD_TYPE.NEWDECIMAL, FIELD_TYPE.BIT}


class Cell:
    """A value as the server sent it to PyMySQL in the text protocol."""

    def __init__(self, kind, sent, exact):
        self.kind = kind
        self.sent = sent
        # The exact value: a FLOAT has six digits in the text protocol, but all digits when it is converted to DOUBLE.
        self.exact = exact

    def is_null(self):
        return self.sent is None

    def is_written(self, text, protocol):
        """Whether `text` is this value, in a format that has only text."""
        if self.kind in INTEGERS:
            return re.fullmatch("-?[0-9]+", text) and int(text) == int(self.sent)
        if self.kind == FIELD_TYPE.BIT:
            return text == str(int.from_bytes(self.sent, "big"))
        if self.kind in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
            return self.is_float(float(text), protocol)
        if isinstance(self.sent, bytes):
            return text == "0x" + self.sent.hex().upper()
        return text == self.sent

    def is_float(self, number, protocol):
        if self.kind == FIELD_TYPE.DOUBLE:
            return number == float(self.sent)
        exact, six_digits = as_float(self.exact), as_float(self.sent)
        return as_float(number) == exact or (protocol != "binary" and as_float(number) == six_digits)

    def is_json(self, value, protocol):
        if self.is_null():
            return value is None
        if self.kind in INTEGERS:
            return type(value) is int and value == int(self.sent)
        if self.kind == FIELD_TYPE.BIT:
            return type(value) is int and value == int.from_bytes(self.sent, "big")
        if self.kind in (FIELD_TYPE.FLOAT, FIELD_TYPE.DOUBLE):
            return type(value) in (int, float) and self.is_float(float(value), protocol)
        if isinstance(self.sent, bytes):
            return value == base64.b64encode(self.sent).decode()
        if self.kind == FIELD_TYPE.JSON:
            return value == json.loads(self.sent)
        return value == self.sent


def as_float(number):
    return struct.unpack("<f", struct.pack("<f", float(number)))[0]


def read_with_pymysql(port, ca, password, sql):
    connection = pymysql.connect(
        host="localhost", port=int(port), user="password-user", password=password, database="iamtest",
        charset="utf8mb4", ssl={"ca": ca}, conv=UNCONVERTED,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows, columns = cursor.fetchall(), cursor.description
        names, kinds = [column[0] for column in columns], [column[1] for column in columns]
        exact = [f"CAST(`{name}` AS DOUBLE)" if kind == FIELD_TYPE.FLOAT else "NULL"
                 for name, kind in zip(names, kinds)]
        cursor.execute(sql.replace("*", ", ".join(exact), 1))
        return names, [[Cell(*cell) for cell in zip(kinds, row, more)]
                       for row, more in zip(rows, cursor.fetchall())]


def compare(what, names, rows, read_names, read_rows, is_same):
    """`is_same` is called with a cell and the value that was read for it."""
    expect(read_names == names, f"{what}: {read_names}")
    expect(len(read_rows) == len(rows), f"{what}: {len(read_rows)} rows")
    for number, (row, read_row) in enumerate(zip(rows, read_rows)):
        expect(len(row) == len(read_row), f"{what}: row {number} has {len(read_row)} values")
        for name, cell, read in zip(names, row, read_row):
            expect(is_same(cell, read), f"{what}: row {number}, {name}: {cell.sent!r:.300} is {read!r:.300}")
    print(what)


def expect(condition, message):
    if not condition:
        sys.exit(message)


def read_csv(text):
    """Python 3.11's reader does not distinguish NULL from an empty string, so RFC 4180's grammar is parsed too."""
    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    records, record, at = [], [], 0
    for field in re.finditer(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)', text):
        expect(field.start() == at, f"csv: {text[at:at + 100]!r}")
        at = field.end()
        quoted, bare, end = field.groups()
        value = quoted.replace('""', '"') if quoted is not None else bare or None
        record.append(value)
        if end == "\r\n":
            records.append(record)
            record = []
    expect(at == len(text), f"csv: {text[at:at + 100]!r}")
    expect(read == [["" if value is None else value for value in record] for record in records],
           "csv: read in two ways, it is not the same")
    return records[0], records[1:]


TSV_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "0": "\0", "\\": "\\"}


def tsv_value(field):
    if field == "\\N":
        return None
    expect(not re.search(r"[\r\n\0]", field), f"tsv: {field!r:.300}")
    return re.sub(r"\\(.)", lambda escape: TSV_ESCAPES[escape[1]], field)


def read_tsv(text):
    lines = text.split("\n")
    expect(lines.pop() == "", "tsv: the last line has no end")
    records = [[tsv_value(field) for field in line.split("\t")] for line in lines]
    return records[0], records[1:]


def read_json(text):
    records = json.loads(text)
    return list(records[0]), [list(record.values()) for record in records]


def read_ndjson(text):
    lines = text.split("\n")
    expect(lines.pop() == "", "ndjson: the last line has no end")
    return read_json("[" + ",".join(lines) + "]")


HIDDEN = {"Cc", "Cf", "Zl", "Zp"}


def visible(text):
    """Escapes characters that move the cursor or are invisible, as the formats for people do."""
    escapes = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return "".join(
        escapes.get(it) or (f"\\u{{{ord(it):x}}}" if unicodedata.category(it) in HIDDEN else it) for it in text)


def width(character):
    """The number of columns that a character needs in a terminal."""
    if unicodedata.category(character) in ("Mn", "Cf"):
        return 0
    # Python treats the last noncharacter as wide.
    if unicodedata.category(character) == "Cn":
        return 1
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cells_of(line, widths):
    """The cells of a line of a table, by their positions."""
    cells, at = [], 0
    for cell_width in widths:
        expect(line[at:at + 2] == "| ", f"table: {line[at:at + 100]!r}")
        at += 2
        begin, used = at, 0
        while used < cell_width:
            used += width(line[at])
            at += 1
        # Characters without a width that follow the last one belong to the cell.
        while used == cell_width and at < len(line) and width(line[at]) == 0:
            at += 1
        expect(used == cell_width and line[at] == " ", f"table: {line[begin:at + 20]!r}")
        cells.append(line[begin:at])
        at += 1
    expect(line[at:] == "|", f"table: {line[at:]!r}")
    return cells


def read_table(text):
    """The column names, and the cells of each row with the spaces around them."""
    lines = text.split("\n")
    expect(lines.pop() == "", "table: the last line has no end")
    rule = lines[0]
    expect(rule == lines[2] == lines[-1] and re.fullmatch(r"\+(-+\+)+", rule), "table: rules")
    widths = [len(dashes) - 2 for dashes in rule.strip("+").split("+")]
    names = [cell.rstrip(" ") for cell in cells_of(lines[1], widths)]
    return names, [cells_of(line, widths) for line in lines[3:-1]]


def is_in_table(cell, read, protocol):
    # Numbers are right-aligned, all other values left-aligned.
    without = read.lstrip(" ") if cell.kind in NUMBERS else read
    if cell.is_null():
        return without.rstrip(" ") == "NULL"
    if cell.kind in NUMBERS or isinstance(cell.sent, bytes):
        return cell.is_written(without.rstrip(" "), protocol)
    own = visible(cell.sent)
    return read.startswith(own) and not read[len(own):].strip(" ")


def read_vertical(text):
    lines = text.split("\n")
    expect(lines.pop() == "", "vertical: the last line has no end")
    records = []
    for line in lines:
        # A value follows its name, so a line that begins like this is the heading of a row.
        heading = re.fullmatch(r"\*\*\* row ([0-9]+) \*\*\*", line)
        if heading:
            records.append([])
            expect(int(heading[1]) == len(records), line)
        else:
            records[-1].append(line)
    name_width = max(line.index(": ") for line in records[0])
    for line in itertools.chain(*records):
        expect(line[name_width:name_width + 2] == ": ", f"vertical: {line!r:.100}")
    names = [line[:name_width].lstrip(" ") for line in records[0]]
    return names, [[line[name_width + 2:] for line in record] for record in records]


def is_visible(cell, read, protocol):
    if cell.is_null():
        return read == "NULL"
    if cell.kind in NUMBERS or isinstance(cell.sent, bytes):
        return cell.is_written(read, protocol)
    return read == visible(cell.sent)


def is_text(cell, read, protocol):
    return read is None if cell.is_null() else read is not None and cell.is_written(read, protocol)


def is_mariadbs(cell, ours, theirs):
    """Compares with the `mariadb` command's value. It escapes like rds-bridge, except for CR, and for a NULL of a
    binary column, which it writes as empty bytes. It writes the zeros of ZEROFILL, and other digits of floating point
    numbers."""
    if cell.is_null():
        return ours == "\\N" and theirs in ("NULL", "0x")
    if cell.kind == FIELD_TYPE.BIT:
        return int(ours) == int(theirs, 16)
    if cell.kind in INTEGERS:
        return int(ours) == int(theirs)
    if cell.kind == FIELD_TYPE.FLOAT:
        return cell.is_float(float(ours), "text") and as_float(theirs) == as_float(cell.sent)
    if cell.kind == FIELD_TYPE.DOUBLE:
        return float(ours) == float(theirs)
    return ours == theirs.replace("\r", "\\r")


FORMATS = {
    "csv": (read_csv, is_text),
    "tsv": (read_tsv, is_text),
    "json": (read_json, Cell.is_json),
    "ndjson": (read_ndjson, Cell.is_json),
    "table": (read_table, is_in_table),
    "vertical": (read_vertical, is_visible),
}


def main():
    port, ca, folder, password, sql = sys.argv[1:]
    folder = pathlib.Path(folder)

    def text_of(file):
        return (folder / file).read_bytes().decode("utf-8")

    names, rows = read_with_pymysql(port, ca, password, sql)
    for protocol in ("text", "binary"):
        for name, (read, is_same) in FORMATS.items():
            what = f"{name}.{protocol}"
            compare(what, names, rows, *read(text_of(what)), lambda cell, read: is_same(cell, read, protocol))
        ours, theirs = text_of(f"tsv.{protocol}").split("\n"), text_of("mariadb").split("\n")
        # The `mariadb` command does not escape column names.
        expect(theirs[0].split("\t") == names, theirs[0])
        pairs = [list(zip(our.split("\t"), their.split("\t"), strict=True))
                 for our, their in zip(ours[1:-1], theirs[1:-1], strict=True)]
        compare(f"mariadb.{protocol}", names, rows, names, pairs, lambda cell, pair: is_mariadbs(cell, *pair))


main()
