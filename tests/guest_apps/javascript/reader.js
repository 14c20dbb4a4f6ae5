// A guest of rds:mysql@0.2.0, which reads rows one by one and column by column.

import { open } from "rds:mysql/client@0.2.0";

// With eleven rows: a batch whose validity bitmap has two bytes, and another batch.
const AT_MOST = 9;

// A value as JSON has it: bytes in hexadecimal, integers of 64 bits as text, the fields of a record as a list.
function plain(value) {
    if (typeof value === "bigint") return value.toString();
    // Not `instanceof Uint8Array`, which is false for arrays that come from the host.
    if (ArrayBuffer.isView(value)) return value.BYTES_PER_ELEMENT === 1 ? hexadecimal(value) : Array.from(value);
    return typeof value === "object" ? fields(value) : value;
}

function hexadecimal(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fields(record) {
    return Object.values(record).flatMap((value) => (typeof value === "object" ? fields(value) : [value]));
}

function oneByOne(rows) {
    const read = [];
    for (let batch = rows.next(AT_MOST); batch.length > 0; batch = rows.next(AT_MOST)) {
        read.push(...batch.map((row) => row.map(({ tag, val }) => (tag === "null" ? null : plain(val)))));
    }
    return read;
}

function byColumns(rows) {
    const read = [];
    for (let batch = rows.nextColumns(AT_MOST); batch.rows > 0; batch = rows.nextColumns(AT_MOST)) {
        const arrays = batch.arrays.map((array) => cells(array, batch.rows));
        for (let row = 0; row < batch.rows; row += 1) read.push(arrays.map((array) => array[row]));
    }
    return read;
}

function cells({ validity, values: { tag, val } }, rows) {
    const decoder = new TextDecoder();
    const read = {
        null: () => Array(rows).fill(null),
        text: () => pieces(val.offsets, val.bytes).map((it) => decoder.decode(it)),
        bytes: () => pieces(val.offsets, val.bytes),
        vector: () => pieces(val.offsets, val.entries),
    }[tag];
    const values = read ? read() : Array.from(val);
    if (values.length !== rows) throw new Error(`${tag}: ${values.length} values for ${rows} rows`);
    const isNull = (row) => validity.length > 0 && !((validity[row >> 3] >> (row & 7)) & 1);
    return values.map((value, row) => (isNull(row) || value === null ? null : plain(value)));
}

function pieces(offsets, entries) {
    return Array.from(offsets.slice(1), (end, row) => entries.slice(offsets[row], end));
}

export function readRows(statement) {
    try {
        const connection = open("orders");
        const rows = oneByOne(connection.query(statement, []));
        return JSON.stringify({ rows, columns: byColumns(connection.query(statement, [])) });
    } catch (error) {
        return JSON.stringify({ error: error.payload?.tag ?? String(error) });
    }
}
