// Prints the items as JSON, or the error of mysql2.
//
// MYSQL2_OPTIONS contains options of the connection, as JSON, which override those here.

import { readFileSync } from "node:fs";

import { Signer } from "@aws-sdk/rds-signer";
import mysql from "mysql2/promise";

const { DB_HOST: host, DB_PORT: port, DB_USER: user, DB_NAME: database, DB_CA_FILE, MYSQL2_OPTIONS } = process.env;
const signer = new Signer({ hostname: host, port: Number(port), username: user });

try {
  const connection = await mysql.createConnection({
    host, port, user, database,
    password: await signer.getAuthToken(),
    ssl: { ca: readFileSync(DB_CA_FILE), verifyIdentity: true },
    enableCleartextPlugin: true,
    ...JSON.parse(MYSQL2_OPTIONS ?? "{}"),
  });
  const [rows] = await connection.query("SELECT * FROM items ORDER BY id");
  console.log(JSON.stringify(rows));
  await connection.end();
} catch (error) {
  console.error(`${error.errno} (${error.code}): ${error.message}`);
  process.exitCode = 1;
}
