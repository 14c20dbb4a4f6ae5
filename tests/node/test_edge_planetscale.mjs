// The edge function of host/deploy with PlanetScale's client, and the client itself, through a fake of the Function URL.

import assert from "node:assert/strict";
import { mock } from "node:test";

import { connect, DatabaseError } from "@planetscale/database";

const { EDGE_FUNCTION, DATABASE_URL, FORBIDDEN_URL } = process.env;
const { default: worker } = await import(EDGE_FUNCTION);

async function visit(query, url = DATABASE_URL) {
  const answer = await worker.fetch(new Request(`https://edge.example/${query}`), { DATABASE_URL: url });
  return [answer.status, await answer.text()];
}

assert.deepEqual(await visit("?id=2"), [200, '[{"id":2,"name":"bread","price":"3.50"}]']);
assert.deepEqual(await visit("?id=7"), [200, "[]"]);
for (const query of ["", "?id=", "?id=1.5", "?id=1%20OR%201=1"]) {
  assert.equal((await visit(query))[0], 400, query);
}
const logged = mock.method(console, "error", () => {});
assert.deepEqual(await visit("?id=2", FORBIDDEN_URL), [502, "the database cannot be queried"]);
assert.match(logged.mock.calls[0].arguments[0], /invalid credentials/);

// The client goes on with the session of each answer, though no session lasts.
const connection = connect({ url: DATABASE_URL });
// Of MySQL a number is a BIGINT, which the client returns as a text, and of MariaDB an INT.
const numberOf = async (n) => Number((await connection.execute("SELECT ? AS n", [n])).rows[0].n);
for (const n of [1, 2, 3]) {
  assert.equal(await numberOf(n), n);
}
await connection.refresh();
assert.equal(await numberOf(4), 4);
const inserted = await connection.execute("INSERT INTO items (name, price) VALUES (?, ?)", ["egg", "0.30"]);
assert.equal(inserted.rowsAffected, 1);
assert.equal((await connection.execute("DELETE FROM items WHERE id = ?", [inserted.insertId])).rowsAffected, 1);

// Parallel requests of one connection need no order.
const sums = await Promise.all([1, 2, 3, 4].map((n) => connection.execute("SELECT ? + 1 AS n", [n])));
assert.deepEqual(sums.map(({ rows }) => Number(rows[0].n)), [2, 3, 4, 5]);

async function refused(promise) {
  const error = await promise.then(() => assert.fail("no error"), (error) => error);
  assert.ok(error instanceof DatabaseError, String(error));
  assert.match(error.message, /\/v1\/batch.*BatchExecuteStatement.* \(errno 1235\) \(sqlstate 42000\)$/);
  assert.equal(error.body.code, "UNIMPLEMENTED");
}

let was_called = false;
await refused(connection.transaction(async () => (was_called = true)));
assert.equal(was_called, false);
for (
  const sql of [
    "SET @a = 1",
    "USE iamtest",
    "LOCK TABLES items READ",
    "CREATE TEMPORARY TABLE t (id INT)",
    "SELECT GET_LOCK('a', 0)",
    "COMMIT",
  ]
) {
  await refused(connection.execute(sql));
}
for (const sql of ["SET @@boost_cached_queries = true", "USE @replica", "ROLLBACK"]) {
  await connection.execute(sql);
}

// An error of the database.
await assert.rejects(connection.execute("SELECT * FROM missing"), /\(errno 1146\) \(sqlstate 42S02\)$/);
