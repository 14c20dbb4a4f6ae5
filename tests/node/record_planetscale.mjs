// Executes the statements of a recording of the PlanetScale dialect again, through a gateway in front of MySQL, and
// writes what it answers, and the rows' bytes as mysql2 reads them from the server: ./just record-planetscale.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import mysql from "mysql2/promise";

const { RDS_BRIDGE_URL, RECORDING, SERVER_ADDRESS, SERVER_CA_FILE } = process.env;
const [host, port] = SERVER_ADDRESS.split(":");
const server = await mysql.createConnection({
  host,
  port: Number(port),
  user: "admin",
  password: "correct horse battery staple",
  database: "iamtest",
  ssl: { ca: readFileSync(SERVER_CA_FILE) },
  charset: "utf8mb4",
});

const recording = JSON.parse(readFileSync(RECORDING));
let session = null;
for (const statement of recording.statements) {
  const response = await fetch(`${RDS_BRIDGE_URL}/psdb.v1alpha1.Database/Execute`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: statement.sql, session }),
  });
  assert.equal(response.status, 200, statement.sql);
  // The token and the duration are others each time.
  const { session: token, timing, ...reply } = await response.json();
  assert.ok(token && timing > 0);
  session = token;
  delete statement.rows;
  statement.reply = reply;
  if (reply.result?.fields && !statement.sql.includes("CONNECTION")) {
    const [rows] = await server.query({ sql: statement.sql, rowsAsArray: true, typeCast: (field) => field.buffer() });
    statement.rows = rows.map((row) => row.map((value) => (value === null ? null : value.toString("hex"))));
  }
}
const [[version]] = await server.query({ sql: "SELECT VERSION()", rowsAsArray: true });
recording.server = `MySQL ${version[0]}`;
await server.end();
writeFileSync(RECORDING, `${JSON.stringify(recording, null, 1)}\n`);
console.log(`${recording.statements.length} statements on ${recording.server}`);
