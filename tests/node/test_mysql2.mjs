// Tests of the emulator with mysql2: both protocols, transactions, parameters, several results, errors.
//
//     rds-bridge emulate --port 0 --seed ../schema.sql -- node --test test_mysql2.mjs

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";

async function settings() {
  const { DB_HOST: host, DB_PORT: port, DB_USER: user, DB_NAME: database, DB_CA_FILE } = process.env;
  const signer = new Signer({ hostname: host, port: Number(port), username: user });
  return {
    host, port, user, database,
    password: await signer.getAuthToken(),
    ssl: { ca: readFileSync(DB_CA_FILE), verifyIdentity: true },
    enableCleartextPlugin: true,
  };
}

let connection;
before(async () => (connection = await mysql.createConnection(await settings())));
after(() => connection.end());

const values = async (sql, parameters, method = "execute") =>
  (await connection[method]({ sql, rowsAsArray: true }, parameters))[0];

test("rows, value by value, in both protocols", async () => {
  for (const method of ["query", "execute"]) {
    const [rows, columns] = await connection[method]("SELECT * FROM items ORDER BY id");
    assert.deepEqual(rows, [
      { id: 1, name: "apple", price: "1.25" },
      { id: 2, name: "bread", price: "3.50" },
      { id: 3, name: "cheese", price: "12.00" },
    ]);
    assert.deepEqual(columns.map((column) => column.name), ["id", "name", "price"]);
  }
});

test("parameters", async () => {
  for (const text of ["it's", 'a "b"', "back\\slash", "%_", "new\nline\r\t", "\0\x1a", "ä€😀", "'; DROP TABLE items", ""]) {
    for (const method of ["query", "execute"]) {
      assert.deepEqual(await values("SELECT ?", [text], method), [[text]], `${method} ${JSON.stringify(text)}`);
    }
  }
  await connection.query(
    "CREATE TABLE parameters (t VARCHAR(64), b VARBINARY(300), d DATETIME(3), m DECIMAL(12,4), f DOUBLE, i BIGINT, n INT)",
  );
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  const row = ["x", bytes, new Date(2024, 1, 29, 23, 59, 58, 123), "-12345.6789", 0.1, 9007199254740991, null];
  for (const method of ["query", "execute"]) {
    const [done] = await connection[method]("INSERT INTO parameters VALUES (?, ?, ?, ?, ?, ?, ?)", row);
    assert.equal(done.affectedRows, 1);
    for (const reading of ["query", "execute"]) {
      assert.deepEqual(await values("SELECT * FROM parameters", [], reading), [row], `${method} ${reading}`);
    }
    await connection.query("DELETE FROM parameters");
  }
});

test("a prepared statement, many times", async () => {
  const statement = await connection.prepare("SELECT name FROM items WHERE id = ?");
  for (let number = 0; number < 500; number++) {
    const [rows] = await statement.execute([(number % 4) + 1]);
    assert.deepEqual(rows.map((row) => row.name), [["apple"], ["bread"], ["cheese"], []][number % 4]);
  }
  await statement.close();
});

test("transactions", async () => {
  await connection.query("CREATE TABLE entries (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64))");
  await connection.beginTransaction();
  const [first] = await connection.execute("INSERT INTO entries (name) VALUES (?)", ["a"]);
  assert.deepEqual([first.affectedRows, first.insertId], [1, 1]);
  await connection.rollback();
  assert.deepEqual(await values("SELECT * FROM entries"), []);
  await connection.beginTransaction();
  await connection.execute("INSERT INTO entries (name) VALUES (?)", ["b"]);
  await connection.commit();
  assert.deepEqual(await values("SELECT * FROM entries"), [[2, "b"]]);
});

test("several results", async () => {
  const several = await mysql.createConnection({ ...(await settings()), multipleStatements: true });
  const [results] = await several.query("SELECT 1 AS one; SELECT 'a;b' AS text");
  assert.deepEqual(results, [[{ one: 1 }], [{ text: "a;b" }]]);
  await several.end();
});

test("errors", async () => {
  for (const [sql, code, errno, sqlState] of [
    ["SELECT * FROM nowhere", "ER_NO_SUCH_TABLE", 1146, "42S02"],
    ["SELEKT 1", "ER_PARSE_ERROR", 1064, "42000"],
    ["INSERT INTO items (id, name) VALUES (1, 'again')", "ER_DUP_ENTRY", 1062, "23000"],
  ]) {
    for (const method of ["query", "execute"]) {
      await assert.rejects(connection[method](sql), { code, errno, sqlState }, `${method} ${sql}`);
    }
  }
  assert.deepEqual(await values("SELECT COUNT(*) FROM items"), [[3]]);
});

test("a pool", async () => {
  const pool = mysql.createPool({ ...(await settings()), connectionLimit: 5 });
  const asked = Array.from({ length: 50 }, (_, number) => pool.query("SELECT ? AS number", [number]));
  const numbers = (await Promise.all(asked)).map(([[row]]) => row.number);
  assert.deepEqual(numbers, Array.from({ length: 50 }, (_, number) => number));
  await pool.end();
});
