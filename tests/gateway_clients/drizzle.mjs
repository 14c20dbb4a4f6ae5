// drizzle-orm with its driver planetscale-serverless.

import assert from "node:assert/strict";
import { test } from "node:test";

import { eq, like, sql } from "drizzle-orm";
import { bigint, boolean, customType, date, datetime, decimal, double, json as jsonColumn, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import { drizzle } from "drizzle-orm/planetscale-serverless";

import { bytes, count, create, json, planetscale, product, rejection, text } from "./gateway.mjs";

const blob = customType({ dataType: () => "blob", toDriver: (value) => sql.raw(`x'${Buffer.from(value).toString("hex")}'`) });
const orders = mysqlTable("drizzle_orders", {
  id: bigint({ mode: "number" }).primaryKey().autoincrement(),
  name: varchar({ length: 40 }).notNull().unique(),
  price: decimal({ precision: 12, scale: 4 }),
  placed: datetime({ fsp: 3 }),
  day: date({ mode: "string" }),
  payload: jsonColumn(),
  bytes: blob(),
  rating: double(),
  isOpen: boolean(),
});
const db = drizzle({ client: planetscale, schema: { orders } });
await create("drizzle_orders", `id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4), placed DATETIME(3), day DATE, payload JSON, bytes BLOB, rating DOUBLE, isOpen BOOLEAN`);

test("every kind of value returns as it was sent", async () => {
  const values = {
    name: text, price: "12345678.9012", placed: new Date("2026-01-31T23:59:58.123Z"), day: "2026-02-28", payload: json,
    bytes, rating: 0.1, isOpen: true,
  };
  const [{ id }] = await db.insert(orders).values(values).$returningId();
  const [found] = await db.select().from(orders).where(eq(orders.id, id));
  // MariaDB's JSON is a text.
  assert.deepEqual(found, { id, ...values, payload: product === "mysql" ? json : JSON.stringify(json) });
});

test("NULL, updates and deletions", async () => {
  await db.insert(orders).values([{ name: "n1" }, { name: "n2" }]);
  const updated = await db.update(orders).set({ rating: sql`COALESCE(${orders.rating}, 0) + ${1.5}` }).where(like(orders.name, "n_"));
  assert.equal(updated.rowsAffected, 2);
  const found = await db.query.orders.findMany({ columns: { price: true, rating: true, placed: true }, where: like(orders.name, "n_") });
  assert.deepEqual(found, Array(2).fill({ price: null, rating: 1.5, placed: null }));
  assert.equal((await db.delete(orders).where(like(orders.name, "n_"))).rowsAffected, 2);
});

test("a duplicate key has its number", async () => {
  await db.insert(orders).values({ name: "twice" });
  const error = await rejection(db.insert(orders).values({ name: "twice" }));
  assert.match((error.cause ?? error).message, /\(errno 1062\) \(sqlstate 23000\)$/);
  await db.insert(orders).values({ name: "twice", rating: 7 }).onDuplicateKeyUpdate({ set: { rating: 7 } });
  assert.deepEqual(await db.select({ rating: orders.rating }).from(orders).where(eq(orders.name, "twice")), [{ rating: 7 }]);
});

test("transactions commit and roll back, also to a savepoint", async () => {
  const before = await count("drizzle_orders");
  await db.transaction(async (tx) => {
    await tx.insert(orders).values({ name: "kept" });
    await rejection(tx.transaction(async (inner) => {
      await inner.insert(orders).values({ name: "undone" });
      throw new Error("inner");
    }));
    assert.equal(await count("drizzle_orders"), before);
  });
  assert.equal(await count("drizzle_orders"), before + 1);
  await rejection(db.transaction(async (tx) => {
    await tx.delete(orders);
    tx.rollback();
  }));
  assert.equal(await count("drizzle_orders"), before + 1);
});
