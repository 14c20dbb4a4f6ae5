// @planetscale/database reads the gateway's replies that were recorded in front of MySQL. Its requests end here: no
// server is needed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cast, Client, DatabaseError } from "@planetscale/database";

const { server, statements } = JSON.parse(readFileSync(process.env.RECORDING));

// What a value is in JavaScript, from the bytes that mysql2 has read.
function expected({ type, charset }, hex) {
  if (hex === null) return null;
  const bytes = Buffer.from(hex, "hex");
  const text = new TextDecoder().decode(bytes);
  if (type === "JSON") return JSON.parse(text);
  if (/^U?INT(8|16|24|32)$|^YEAR$/.test(type)) return Number.parseInt(text, 10);
  if (/^FLOAT/.test(type)) return Number.parseFloat(text);
  if (/^U?INT64$|^DECIMAL$|^DATE|^TIME/.test(type)) return text;
  return charset === 63 ? new Uint8Array(bytes) : text;
}

// A client for one statement: its reply is the recorded one.
function client({ sql, reply }) {
  const answer = (url, { body }) => {
    assert.equal(new URL(url).pathname, "/psdb.v1alpha1.Database/Execute");
    assert.equal(JSON.parse(body).query, sql);
    return new Response(JSON.stringify({ session: "token", timing: 0.001, ...reply }));
  };
  return new Client({ host: "gateway.example", username: "u", password: "p", fetch: async (...args) => answer(...args) });
}

assert.match(server, /^MySQL 9\.7/);
assert.ok(statements.length > 20);
for (const statement of statements) {
  const { sql, reply, rows } = statement;
  test(sql, async () => {
    if (reply.error) {
      await assert.rejects(client(statement).execute(sql), (error) => {
        assert.ok(error instanceof DatabaseError, String(error));
        assert.match(error.message, /^[^\n]+ \(errno \d+\) \(sqlstate \w{5}\)$/);
        return error.body.code === reply.error.code;
      });
      return;
    }
    const result = await client(statement).execute(sql, null, { as: "array" });
    assert.equal(result.rowsAffected, Number(reply.result.rowsAffected ?? 0));
    assert.equal(result.insertId, reply.result.insertId ?? "0");
    assert.equal(result.size, rows?.length ?? 0);
    assert.deepEqual(result.rows, (rows ?? []).map((row) => row.map((hex, at) => expected(result.fields[at], hex))));
    const raw = await client(statement).execute(sql, null, { as: "array", cast: (_, value) => value });
    const bytes = raw.rows.map((row) => row.map((value) => value && Buffer.from(value, "latin1").toString("hex")));
    assert.deepEqual(bytes, rows ?? []);
    assert.deepEqual(result.rows, raw.rows.map((row) => row.map((value, at) => cast(raw.fields[at], value))));
  });
}
