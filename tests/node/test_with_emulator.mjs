// A test with the emulator, which is started before the tests of the file and ends with them.
//
//     node --test test_with_emulator.mjs     with rds-bridge on the PATH

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";

const schema = fileURLToPath(new URL("../schema.sql", import.meta.url));
let emulator;

before(async () => {
  const options = ["--port", "0", "--seed", schema, "--until-stdin-closes"];
  emulator = spawn("rds-bridge", ["emulate", ...options], { stdio: ["pipe", "pipe", "inherit"] });
  // export NAME=value, up to an empty line
  for await (const line of createInterface({ input: emulator.stdout })) {
    if (line === "") break;
    const [, name, value] = line.match(/^export (\w+)='?(.*?)'?$/);
    process.env[name] = value;
  }
});

after(async () => {
  emulator.stdin.end();
  await once(emulator, "exit");
});

async function connect() {
  const { DB_HOST: host, DB_PORT: port, DB_USER: user, DB_NAME: database, DB_CA_FILE } = process.env;
  const signer = new Signer({ hostname: host, port: Number(port), username: user });
  return mysql.createConnection({
    host, port, user, database,
    password: await signer.getAuthToken(),
    ssl: { ca: readFileSync(DB_CA_FILE), verifyIdentity: true },
    enableCleartextPlugin: true,
  });
}

test("items", async () => {
  const connection = await connect();
  const [rows] = await connection.execute("SELECT name FROM items WHERE price < ? ORDER BY id", [10]);
  assert.deepEqual(rows.map((row) => row.name), ["apple", "bread"]);
  await connection.end();
});
