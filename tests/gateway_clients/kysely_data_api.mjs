// kysely with kysely-data-api, on the AWS SDK.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RDSData } from "@aws-sdk/client-rds-data";
import { Kysely } from "kysely";
import { DataApiDialect } from "kysely-data-api";

import { bytes, count, create, credentials, database, json, place, product, region, rejection, text } from "./gateway.mjs";

const client = new RDSData({ region, credentials });
const db = new Kysely({ dialect: new DataApiDialect({ mode: "mysql", driver: { client, database, ...place } }) });
await create("kysely_data_api", `id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4), placed DATETIME(3), day DATE, payload JSON, bytes BLOB, rating DOUBLE, is_open BOOLEAN`);

const insert = (values) => db.insertInto("kysely_data_api").values(values).executeTakeFirstOrThrow();
const decimal = (stringValue) => ({ typeHint: "DECIMAL", value: { stringValue } });

test("every kind of value returns as it was sent", async () => {
  const { insertId } = await insert({
    name: text, price: decimal("12345678.9012"), placed: new Date("2026-01-31T23:59:58.123Z"), day: "2026-02-28",
    payload: JSON.stringify(json), bytes: Buffer.from(bytes), rating: 0.1, is_open: true,
  });
  const id = Number(insertId);
  const found = await db.selectFrom("kysely_data_api").selectAll().where("id", "=", id).executeTakeFirstOrThrow();
  assert.deepEqual({ ...found, payload: typeof found.payload === "string" ? JSON.parse(found.payload) : found.payload }, {
    id, name: text, price: "12345678.9012", placed: "2026-01-31 23:59:58.123", day: new Date("2026-02-28"), payload: json,
    bytes, rating: 0.1, is_open: true,
  });
  assert.equal(typeof found.payload, product === "mysql" ? "object" : "string");
});

test("NULL, updates and deletions", async () => {
  await insert([{ name: "n1" }, { name: "n2" }]);
  const some = (query) => query.where("name", "like", "n_");
  const updated = await some(db.updateTable("kysely_data_api")).set({ rating: 1.5, price: null }).executeTakeFirstOrThrow();
  assert.equal(updated.numUpdatedRows, 2n);
  const found = await some(db.selectFrom("kysely_data_api")).select(["price", "rating", "placed"]).execute();
  assert.deepEqual(found, Array(2).fill({ price: null, rating: 1.5, placed: null }));
  assert.deepEqual(await db.selectFrom("kysely_data_api").select("id").where("name", "=", "none").execute(), []);
  assert.equal((await some(db.deleteFrom("kysely_data_api")).executeTakeFirstOrThrow()).numDeletedRows, 2n);
});

test("a duplicate key has its number", async () => {
  await insert({ name: "twice" });
  const error = await rejection(insert({ name: "twice" }));
  assert.equal(error.name, "DatabaseErrorException");
  assert.match(error.message, /; Error code: 1062; SQLState: 23000$/);
});

test("transactions commit and roll back", async () => {
  const before = await count("kysely_data_api");
  await db.transaction().execute(async (tx) => {
    await tx.insertInto("kysely_data_api").values({ name: "kept" }).execute();
    assert.equal(await count("kysely_data_api"), before);
  });
  assert.equal(await count("kysely_data_api"), before + 1);
  await rejection(db.transaction().execute(async (tx) => {
    await tx.deleteFrom("kysely_data_api").execute();
    throw new Error("changed my mind");
  }));
  assert.equal(await count("kysely_data_api"), before + 1);
});
