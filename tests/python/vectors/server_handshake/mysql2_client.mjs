// Logs in with mysql2: the settings are one argument, as JSON. Prints the error's code if it is refused.
// RDS_BRIDGE_NODE is the folder with node_modules.

import { createRequire } from "node:module";

const require = createRequire(`${process.env.RDS_BRIDGE_NODE}/package.json`);
const mysql = require("mysql2/promise");

const { changeUser, tls, ...settings } = JSON.parse(process.argv[2]);
try {
  const connection = await mysql.createConnection({
    ...settings,
    ...(tls ? { ssl: { rejectUnauthorized: false } } : {}),
  });
  await connection.query("DO 1");
  if (changeUser) {
    await connection.changeUser(changeUser);
    await connection.query("DO 1");
  }
  await connection.end();
} catch (error) {
  console.error(error.errno, error.message);
  process.exitCode = 1;
}
