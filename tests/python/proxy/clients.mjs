// Node's clients through the proxy: mysql2, mysql (which knows only mysql_native_password) and mariadb (which pipelines).
import assert from "node:assert/strict";
import test from "node:test";
import mariadb from "mariadb";
import mysql from "mysql";
import mysql2 from "mysql2/promise";

const { MYSQL_HOST: host, MYSQL_TCP_PORT, DB_NAME: database } = process.env;
const port = Number(MYSQL_TCP_PORT);
const items = [[1, "apple"], [2, "bread"], [3, "cheese"]];
const select = "SELECT id, name FROM items ORDER BY id";
const settings = (password) => ({ host, port, user: "x", password, database });

for (const password of ["", "a wrong password"]) {
  test(`mysql2 with the password "${password}"`, async () => {
    const connection = await mysql2.createConnection(settings(password));
    const [rows] = await connection.query({ sql: select, rowsAsArray: true });
    assert.deepEqual(rows, items);
    const [[row]] = await connection.execute({ sql: "SELECT ? + 1, CAST(? AS CHAR)", rowsAsArray: true }, [41, "ü😀"]);
    assert.deepEqual(row, [42, "ü😀"]);
    await connection.query("SET @left = 1");
    await connection.changeUser({ user: "y", password });
    const [[left]] = await connection.query({ sql: "SELECT @left", rowsAsArray: true });
    assert.deepEqual(left, [null]);
    await assert.rejects(connection.query("SELEC 1"), { errno: 1064, sqlState: "42000" });
    await connection.end();
  });

  test(`mysql with the password "${password}"`, async () => {
    const connection = mysql.createConnection(settings(password));
    const rows = await new Promise((resolve, reject) => {
      connection.query(select, (error, found) => (error ? reject(error) : resolve(found)));
    });
    assert.deepEqual(rows.map(({ id, name }) => [id, name]), items);
    connection.end();
  });

  test(`mariadb with the password "${password}"`, async () => {
    const connection = await mariadb.createConnection({ ...settings(password), pipelining: true });
    const rows = await connection.query({ sql: select, rowsAsArray: true });
    assert.deepEqual(rows.map(([id, name]) => [Number(id), name]), items);
    await connection.query("CREATE TEMPORARY TABLE batched (a INT)").catch((error) => assert.equal(error.errno, 1044));
    await connection.end();
  });
}

test("a pool of mysql2 with many connections at once", async () => {
  const pool = mysql2.createPool({ ...settings(""), connectionLimit: 20 });
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => pool.query(`SELECT ${n} AS n`)));
  assert.deepEqual(answers.map(([[{ n }]]) => n), Array.from({ length: 200 }, (_, n) => n));
  await pool.end();
});
