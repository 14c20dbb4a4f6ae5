// TypeORM with typeorm-aurora-data-api-driver, with its schema made from the entities.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DataSource, EntitySchema } from "typeorm";

import { bytes, count, credentials, database, endpoint, json, place, planetscale, region, rejection, text } from "./gateway.mjs";

const column = (type, more) => ({ type, nullable: true, ...more });
const Order = new EntitySchema({
  name: "Order",
  tableName: "typeorm_orders",
  columns: {
    id: { type: "int", primary: true, generated: true },
    name: { type: "varchar", length: 40, unique: true, charset: "utf8mb4" },
    price: column("decimal", { precision: 12, scale: 4 }),
    placed: column("datetime", { precision: 3 }),
    day: column("date"),
    payload: column("json"),
    bytes: column("blob"),
    rating: column("double"),
    isOpen: column("tinyint", { width: 1 }),
  },
  relations: { lines: { type: "one-to-many", target: "Line", inverseSide: "order", cascade: true } },
});
const Line = new EntitySchema({
  name: "Line",
  tableName: "typeorm_lines",
  columns: { id: { type: "int", primary: true, generated: true }, text: { type: "text" } },
  relations: { order: { type: "many-to-one", target: "Order", inverseSide: "lines", onDelete: "CASCADE" } },
});

await planetscale.execute("DROP TABLE IF EXISTS typeorm_lines");
await planetscale.execute("DROP TABLE IF EXISTS typeorm_orders");
const source = new DataSource({
  type: "aurora-mysql", ...place, database, region, entities: [Order, Line], synchronize: true,
  serviceConfigOptions: { endpoint, credentials },
  // Casts of parameters are for PostgreSQL.
  formatOptions: { castParameters: false },
});
await source.initialize();
const orders = source.getRepository(Order);

test("every kind of value returns as it was sent", async () => {
  const values = {
    name: text, price: "12345678.9012", placed: new Date("2026-01-31T23:59:58.123Z"), day: "2026-02-28", payload: json,
    rating: 0.1,
  };
  const { id } = await orders.save({ ...values, bytes: Buffer.from(bytes), isOpen: true });
  const { bytes: found, isOpen, ...others } = await orders.findOneByOrFail({ id });
  assert.deepEqual(others, { id, ...values });
  assert.deepEqual(Uint8Array.from(found), bytes);
  assert.equal(Boolean(isOpen), true);
});

test("NULL, updates, relations and deletions", async () => {
  const { id } = await orders.save({ name: "related", lines: [{ text: "a" }, { text: "b" }] });
  assert.equal((await orders.update({ id }, { rating: 1.5 })).affected, 1);
  const found = await orders.findOneOrFail({ where: { id }, relations: { lines: true }, order: { lines: { id: "ASC" } } });
  assert.deepEqual([found.price, found.placed, found.bytes, found.rating], [null, null, null, 1.5]);
  assert.deepEqual(found.lines.map((line) => line.text), ["a", "b"]);
  assert.equal((await orders.delete({ id })).affected, 1);
  assert.equal(await count("typeorm_lines"), 0);
});

test("a duplicate key fails", async () => {
  await orders.insert({ name: "twice" });
  const error = await rejection(orders.insert({ name: "twice" }));
  assert.equal(error.name, "DatabaseErrorException");
  assert.match(error.message, /Error code: 1062; SQLState: 23000/);
});

test("transactions commit and roll back", async () => {
  const before = await count("typeorm_orders");
  await source.transaction(async (manager) => {
    await manager.save(Order, { name: "kept" });
    assert.equal(await count("typeorm_orders"), before);
  });
  assert.equal(await count("typeorm_orders"), before + 1);
  await rejection(source.transaction(async (manager) => {
    await manager.createQueryBuilder().delete().from(Order).execute();
    throw new Error("changed my mind");
  }));
  assert.equal(await count("typeorm_orders"), before + 1);
});
