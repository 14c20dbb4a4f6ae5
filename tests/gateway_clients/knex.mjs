// knex with knex-aurora-data-api-client.

import assert from "node:assert/strict";
import { test } from "node:test";

import Knex from "knex";
import dialects from "knex-aurora-data-api-client";

import { count, credentials, create, database, endpoint, json, place, region, rejection } from "./gateway.mjs";

const options = { region, endpoint, credentials, sslEnabled: false };
const knex = Knex({ client: dialects.mysql, connection: { ...place, database, options } });
await create("knex_orders", `id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4), placed DATETIME(3), payload JSON, rating DOUBLE, is_open BOOLEAN`);

test("values return as they were sent", async () => {
  // The client writes values into the statement, where :name would be a parameter of the Data API outside of a string.
  const values = { name: "é'\\\" 😀 :a", price: "12345678.9012", rating: 0.1, is_open: true };
  const [id] = await knex("knex_orders").insert({ ...values, placed: "2026-01-31 23:59:58.123", payload: JSON.stringify(json) });
  const found = await knex("knex_orders").where({ id }).first();
  const payload = typeof found.payload === "string" ? JSON.parse(found.payload) : found.payload;
  assert.deepEqual({ ...found, payload }, { id, ...values, placed: new Date("2026-01-31T23:59:58.123Z"), payload: json });
});

test("NULL, updates and deletions", async () => {
  await knex("knex_orders").insert([{ name: "n1" }, { name: "n2" }]);
  const some = () => knex("knex_orders").where("name", "like", "n_");
  assert.equal(await some().update({ rating: 1.5, price: null }), 2);
  assert.deepEqual(await some().select("price", "rating", "placed"), Array(2).fill({ price: null, rating: 1.5, placed: null }));
  assert.equal(await some().del(), 2);
});

test("a duplicate key has its number", async () => {
  await knex("knex_orders").insert({ name: "twice" });
  assert.match((await rejection(knex("knex_orders").insert({ name: "twice" }))).message, /Error code: 1062/);
});

test("transactions commit and roll back", async () => {
  const before = await count("knex_orders");
  await knex.transaction(async (tx) => {
    await tx("knex_orders").insert({ name: "kept" });
    assert.equal(await count("knex_orders"), before);
  });
  assert.equal(await count("knex_orders"), before + 1);
  await rejection(knex.transaction(async (tx) => {
    await tx("knex_orders").del();
    throw new Error("changed my mind");
  }));
  assert.equal(await count("knex_orders"), before + 1);
});

test("nested tables", async () => {
  await knex("knex_orders").insert({ name: "nested" });
  const [row] = await knex("knex_orders").where({ name: "nested" }).select("knex_orders.name").options({ nestTables: true });
  assert.deepEqual(row, { knex_orders: { name: "nested" } });
});
