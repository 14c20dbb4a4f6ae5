// kysely with kysely-planetscale.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kysely, sql } from "kysely";
import { PlanetScaleDialect } from "kysely-planetscale";

import { bytes, count, create, database, json, product, rejection, text, url } from "./gateway.mjs";

const db = new Kysely({ dialect: new PlanetScaleDialect({ url: url.replace("//", "//any:any@") }) });
await create("kysely_orders", `id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4), placed DATETIME(3), day DATE, payload JSON, bytes BLOB, rating DOUBLE, is_open BOOLEAN`);

const insert = (values) => db.insertInto("kysely_orders").values(values).executeTakeFirstOrThrow();

test("every kind of value returns as it was sent", async () => {
  const values = { name: text, price: "12345678.9012", day: "2026-02-28", rating: 0.1 };
  const placed = new Date("2026-01-31T23:59:58.123Z");
  const blob = sql.raw(`x'${Buffer.from(bytes).toString("hex")}'`);
  const { insertId } = await insert({ ...values, placed, bytes: blob, payload: JSON.stringify(json), is_open: true });
  const found = await db.selectFrom("kysely_orders").selectAll().where("id", "=", insertId).executeTakeFirstOrThrow();
  // MariaDB's JSON is a text.
  const payload = product === "mysql" ? json : JSON.stringify(json);
  assert.deepEqual(found, { id: String(insertId), ...values, placed, bytes, payload, is_open: 1 });
});

test("NULL, updates and deletions", async () => {
  await insert([{ name: "n1" }, { name: "n2" }]);
  const some = (query) => query.where("name", "like", "n_");
  const updated = await some(db.updateTable("kysely_orders")).set({ rating: 1.5, price: null }).executeTakeFirstOrThrow();
  assert.equal(updated.numUpdatedRows, 2n);
  const found = await some(db.selectFrom("kysely_orders")).select(["price", "rating", "placed"]).execute();
  assert.deepEqual(found, Array(2).fill({ price: null, rating: 1.5, placed: null }));
  assert.equal((await some(db.deleteFrom("kysely_orders")).executeTakeFirstOrThrow()).numDeletedRows, 2n);
});

test("a duplicate key has its number", async () => {
  await insert({ name: "twice" });
  assert.match((await rejection(insert({ name: "twice" }))).message, /\(errno 1062\) \(sqlstate 23000\)$/);
});

test("transactions commit and roll back", async () => {
  const before = await count("kysely_orders");
  await db.transaction().setIsolationLevel("serializable").execute(async (tx) => {
    await tx.insertInto("kysely_orders").values({ name: "kept" }).execute();
    assert.equal(await count("kysely_orders"), before);
  });
  assert.equal(await count("kysely_orders"), before + 1);
  await rejection(db.transaction().execute(async (tx) => {
    await tx.deleteFrom("kysely_orders").execute();
    throw new Error("changed my mind");
  }));
  assert.equal(await count("kysely_orders"), before + 1);
});

test("the tables of the database", async () => {
  const tables = await sql`SELECT column_name AS name FROM information_schema.columns
    WHERE table_schema = ${database} AND table_name = 'kysely_orders' ORDER BY ordinal_position`.execute(db);
  assert.deepEqual(tables.rows.map(({ name }) => name).slice(0, 3), ["id", "name", "price"]);
  const { name, columns } = (await db.introspection.getTables()).find((it) => it.name === "kysely_orders");
  assert.deepEqual([name, columns.length], ["kysely_orders", 9]);
});
