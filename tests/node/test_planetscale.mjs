// Statements and transactions with @planetscale/database, unchanged, through a gateway that lets callers write.

import assert from "node:assert/strict";

import { Client, connect, DatabaseError } from "@planetscale/database";

const { GATEWAY_URL } = process.env;
const url = new URL(GATEWAY_URL);
// The gateway trusts this machine: with and without credentials, as a URL and as settings.
url.username = "any@one";
url.password = "p/w";
const client = new Client({ url: url.toString() });

// The error of a statement, whose numbers Prisma's adapter reads from the end of its message.
async function failure(promise) {
  const error = await promise.then(() => assert.fail("no error"), (error) => error);
  assert.ok(error instanceof DatabaseError, String(error));
  assert.equal(error.status, 400);
  const [, number, state] = /^[^\n]* \(errno (\d+)\) \(sqlstate (\w+)\)$/.exec(error.message);
  return { number: Number(number), state, code: error.body.code };
}

await client.execute("CREATE TABLE orders (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20) UNIQUE, n INT) CHARSET utf8mb4");

// Inserted, changed, found and deleted.
const inserted = await client.execute("INSERT INTO orders (name, n) VALUES (?, ?), (?, ?)", ["a'\\", 1, "é\n😀", null]);
assert.equal(inserted.rowsAffected, 2);
assert.equal(inserted.insertId, "1");
assert.deepEqual(inserted.rows, []);
const updated = await client.execute("UPDATE orders SET n = n + :more WHERE id = :id", { more: 41, id: 1 });
assert.equal(updated.rowsAffected, 1);
assert.equal(updated.insertId, "0");
const found = await client.execute("SELECT * FROM orders ORDER BY id");
assert.deepEqual(found.headers, ["id", "name", "n"]);
assert.deepEqual(found.types, { id: "INT64", name: "VARCHAR", n: "INT32" });
assert.deepEqual(found.rows, [{ id: "1", name: "a'\\", n: 42 }, { id: "2", name: "é\n😀", n: null }]);
assert.equal(found.size, 2);
const rowsAsArrays = await client.execute("SELECT n, name FROM orders WHERE id = 1", null, { as: "array" });
assert.deepEqual(rowsAsArrays.rows, [[42, "a'\\"]]);
assert.deepEqual((await client.execute("SELECT 1 AS one FROM orders WHERE FALSE")).rows, []);

// Errors.
assert.deepEqual(await failure(client.execute("INSERT INTO orders (name) VALUES (?)", ["a'\\"])), {
  number: 1062,
  state: "23000",
  code: "ALREADY_EXISTS",
});
assert.deepEqual(await failure(client.execute("SELECT * FROM missing")), {
  number: 1146,
  state: "42S02",
  code: "NOT_FOUND",
});

const count = async () => Number((await client.execute("SELECT COUNT(*) AS c FROM orders")).rows[0].c);

// A transaction commits, and other sessions do not see it before.
const results = await client.transaction(async (tx) => {
  const first = await tx.execute("INSERT INTO orders (name) VALUES ('in transaction')");
  assert.equal(await count(), 2);
  assert.equal((await tx.execute("SELECT COUNT(*) AS c FROM orders")).rows[0].c, "3");
  return first.insertId;
});
assert.equal(results, "4"); // 3 was taken by the duplicate.
assert.equal(await count(), 3);

// It rolls back after an error of the server, and after one of the program.
const duplicate = client.transaction(async (tx) => {
  await tx.execute("INSERT INTO orders (name) VALUES ('lost')");
  await tx.execute("INSERT INTO orders (name) VALUES ('lost')");
});
assert.equal((await failure(duplicate)).number, 1062);
await assert.rejects(
  client.transaction(async (tx) => {
    await tx.execute("DELETE FROM orders");
    throw new Error("changed my mind");
  }),
  /changed my mind/,
);
assert.equal(await count(), 3);

// Statements of a transaction that are sent at the same time are executed one after another.
const numbers = Array.from({ length: 12 }, (_, number) => number);
await client.transaction(async (tx) => {
  const sent = numbers.map((n) => tx.execute("INSERT INTO orders (n) VALUES (?)", [n]));
  const ids = (await Promise.all(sent)).map(({ insertId }) => Number(insertId));
  assert.equal(new Set(ids).size, numbers.length);
  const [row] = (await tx.execute("SELECT COUNT(*) AS c FROM orders")).rows;
  assert.equal(row.c, String(3 + numbers.length));
});
assert.equal(await count(), 3 + numbers.length);

// Many transactions at the same time, each with a session of its own: more than the pool has connections.
await Promise.all(numbers.concat(numbers).map((n) =>
  client.transaction(async (tx) => {
    const [{ id }] = (await tx.execute("SELECT CONNECTION_ID() AS id")).rows;
    await tx.execute("UPDATE orders SET n = 7 WHERE id = ?", [1]);
    assert.equal((await tx.execute("SELECT CONNECTION_ID() AS id")).rows[0].id, id, `transaction ${n}`);
  })
));

// A connection keeps its settings between requests, another has its own.
const connection = client.connection();
await connection.execute("SET @mine = 'kept'");
assert.deepEqual((await connection.execute("SELECT @mine AS mine")).rows, [{ mine: "kept" }]);
assert.deepEqual((await client.execute("SELECT @mine AS mine")).rows, [{ mine: null }]);
await connection.execute("BEGIN");
await connection.execute("COMMIT");
assert.deepEqual((await connection.execute("SELECT @mine AS mine")).rows, [{ mine: "kept" }]);
// A new session does not have it.
await connection.refresh();
assert.deepEqual((await connection.execute("SELECT @mine AS mine")).rows, [{ mine: null }]);

// What PlanetScale alone has is accepted.
for (const sql of ["SET @@boost_cached_queries = true", "USE @replica", "USE @primary"]) {
  await connection.execute(sql);
}
await client.execute("USE @replica");

// Without credentials, and with settings in place of a URL.
const { host } = new URL(GATEWAY_URL);
const custom = { host, fetch: (address, init) => fetch(String(address).replace("https://", "http://"), init) };
assert.deepEqual((await connect({ ...custom, username: "u", password: "p" }).execute(`SELECT "x" AS a`)).rows, [{ a: "x" }]);
assert.deepEqual((await connect({ url: GATEWAY_URL }).execute(`SELECT "x" AS a`)).rows, [{ a: "x" }]);

// A large result, in rows and in one value.
const wide = await client.execute("SELECT REPEAT('é', 1000000) AS text");
assert.equal(wide.rows[0].text, "é".repeat(1_000_000));
const long = await client.execute("SELECT a.id, b.name FROM orders a, orders b, orders c, orders d");
assert.equal(long.size, (3 + numbers.length) ** 4);
