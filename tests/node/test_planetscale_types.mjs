// Reads every column type with @planetscale/database, and compares with what mysql2 reads.
//
// EXPECTED lists tables with a column v, the type that PlanetScale's client has to report, and the number of rows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { cast, connect } from "@planetscale/database";
import mysql from "mysql2/promise";

const { DB_CA_FILE, DB_PASSWORD, DB_PORT, EXPECTED, GATEWAY_URL } = process.env;
const expected = JSON.parse(EXPECTED);
assert.ok(expected.length > 40);

const gateway = connect({ url: GATEWAY_URL });
const server = await mysql.createConnection({
  host: "127.0.0.1",
  port: Number(DB_PORT),
  user: "password-user",
  password: DB_PASSWORD,
  database: "iamtest",
  ssl: { ca: readFileSync(DB_CA_FILE) },
  charset: "utf8mb4",
});

// What mysql2 makes of a value, from the bytes of the text protocol.
function theirs(type, charset, bytes) {
  if (bytes === null) return null;
  // As the client does, which drops a byte order mark.
  const text = new TextDecoder().decode(bytes);
  if (type === "JSON") return JSON.parse(text);
  if (/^U?INT(8|16|24|32)$|^YEAR$/.test(type)) return Number.parseInt(text, 10);
  if (/^FLOAT/.test(type)) return Number.parseFloat(text);
  if (/^U?INT64$|^DECIMAL$|^DATE|^TIME/.test(type)) return text;
  return charset === 63 ? new Uint8Array(bytes) : text;
}

for (const { table, kind, type, rows } of expected) {
  const sql = `SELECT v FROM ${table} ORDER BY n`;
  const [raw] = await server.query({ sql, rowsAsArray: true, typeCast: (field) => field.buffer() });
  assert.equal(raw.length, rows, kind);

  // The bytes of the text protocol, which the client gives its function for casts as a binary string.
  const uncast = await gateway.execute(sql, null, { as: "array", cast: (_, value) => value });
  const bytes = uncast.rows.map(([value]) => (value === null ? null : Buffer.from(value, "latin1")));
  assert.deepEqual(bytes, raw.map(([value]) => value), kind);

  const result = await gateway.execute(sql);
  const [field] = result.fields;
  assert.equal(field.type, type, kind);
  assert.deepEqual(result.types, { v: type }, kind);
  assert.equal(field.name, "v");
  assert.equal(field.table, table);
  assert.equal(field.orgTable, table);
  assert.equal(field.database, "iamtest");
  assert.equal(field.orgName, "v");
  assert.equal(result.size, rows, kind);
  assert.equal(result.rows[0].v, null, kind);
  const values = result.rows.map(({ v }) => v);
  assert.deepEqual(values, raw.map(([value]) => theirs(type, field.charset, value)), kind);
  assert.deepEqual(values, uncast.rows.map(([value]) => cast(field, value)), kind);
}

// A column that is only NULL, and names that JSON must quote.
const odd = await gateway.execute('SELECT NULL, "x" AS `a "b\\\\`, \'é😀\' AS `ü`');
assert.deepEqual(odd.rows, [{ NULL: null, 'a "b\\\\': "x", ü: "é😀" }]);
assert.equal(odd.types.NULL, "NULL");

await server.end();
