// A test of the recipe for mysql2 in docs/clients.md: runs the page's code against the emulator.
//
//     CLIENTS_PAGE=docs/clients.md node --test test_recipes.mjs     with rds-bridge on the PATH

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const schema = fileURLToPath(new URL("../schema.sql", import.meta.url));
// In this folder, so that Node finds the packages.
const program = fileURLToPath(new URL("recipe.mjs", import.meta.url));

after(() => rmSync(program, { force: true }));

test("a pool signs a token for each connection", () => {
  const page = readFileSync(process.env.CLIENTS_PAGE, "utf8");
  const [, recipe] = page.match(/^## Node: mysql2$[^]*?^```js\n([^]*?)^```$/m);
  const queries = `
const [[row]] = await pool.execute("SELECT name FROM items WHERE id = ?", [2]);
console.log(row.name);
await Promise.all([1, 2, 3].map(() => pool.query("SELECT SLEEP(0.2)")));
await pool.end();
`;
  writeFileSync(program, recipe + queries);
  const options = ["--port", "0", "--seed", schema, "--", process.execPath, program];
  const done = spawnSync("rds-bridge", ["emulate", ...options], { encoding: "utf8", timeout: 60_000 });
  assert.equal(done.stdout, "bread\n", done.stderr);
  assert.equal(done.status, 0, done.stderr);
  assert.equal(done.stderr.match(/: accepted, with a token/g)?.length, 3, done.stderr);
});

test("the page names the versions that run here", () => {
  const page = readFileSync(process.env.CLIENTS_PAGE, "utf8");
  for (const name of ["mysql2", "@aws-sdk/rds-signer"]) {
    const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, "utf8"));
    assert.match(page, new RegExp(`${name}\`? ${version}`));
  }
});
