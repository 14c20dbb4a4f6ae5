// Prisma 7 with @prisma/adapter-planetscale. run-clients has generated the client from prisma/schema.prisma.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PrismaPlanetScale } from "@prisma/adapter-planetscale";

import { bytes, count, create, database, json, text, url } from "./gateway.mjs";
import { Prisma, PrismaClient } from "./prisma-client/client.js";

const adapter = new PrismaPlanetScale({ url: `${url.replace("//", "//any:any@")}/${database}` });
const prisma = new PrismaClient({ adapter });

await create("prisma_orders", `id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4) NOT NULL, placed DATETIME(6) NOT NULL, day DATE, payload JSON, bytes BLOB, rating DOUBLE,
  isOpen BOOLEAN NOT NULL DEFAULT TRUE`);
await create("prisma_lines", "id INT PRIMARY KEY AUTO_INCREMENT, orderId BIGINT NOT NULL, text TEXT NOT NULL, KEY (orderId)");

const order = (name, more = {}) => ({ name, price: "1", placed: new Date("2026-01-31T23:59:58.123Z"), ...more });
const knownError = (code) => (error) => error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;

test("every kind of value returns as it was sent", async () => {
  const data = order(text, {
    price: "12345678.9012", day: new Date("2026-02-28T00:00:00Z"), payload: json, bytes, rating: 0.1, isOpen: false,
  });
  const { id } = await prisma.order.create({ data });
  assert.equal(typeof id, "bigint");
  const found = await prisma.order.findUniqueOrThrow({ where: { id } });
  assert.equal(found.price.toFixed(4), data.price);
  assert.deepEqual({ ...found, price: data.price }, { id, ...data, bytes: found.bytes });
  assert.deepEqual(Uint8Array.from(found.bytes), bytes);
});

test("NULL", async () => {
  const { id } = await prisma.order.create({ data: order("null") });
  const { day, payload, bytes: nothing, rating } = await prisma.order.findUniqueOrThrow({ where: { id } });
  assert.deepEqual([day, payload, nothing, rating], [null, null, null, null]);
  assert.equal(await prisma.order.count({ where: { id, rating: null } }), 1);
});

test("a duplicate key is P2002", async () => {
  await prisma.order.create({ data: order("twice") });
  await assert.rejects(prisma.order.create({ data: order("twice") }), knownError("P2002"));
});

test("a missing row is P2025, and a missing table is P2021", async () => {
  await assert.rejects(prisma.order.update({ where: { id: 987654321n }, data: { rating: 1 } }), knownError("P2025"));
  const missing = await prisma.$queryRaw`SELECT * FROM prisma_missing`.then(() => null, (error) => error);
  assert.ok(knownError("P2010")(missing) || knownError("P2021")(missing), String(missing));
  assert.match(missing.message, /prisma_missing/);
});

test("relations, filters, ordering and aggregates", async () => {
  for (const [name, texts] of [["related 1", ["a", "b"]], ["related 2", ["c"]]]) {
    const lines = { create: texts.map((line) => ({ text: line })) };
    await prisma.order.create({ data: order(name, { lines, rating: texts.length }) });
  }
  const where = { name: { startsWith: "related" } };
  const found = await prisma.order.findMany({ where, include: { lines: { orderBy: { id: "asc" } } }, orderBy: { name: "desc" } });
  assert.deepEqual(found.map(({ name, lines }) => [name, lines.map((line) => line.text)]), [["related 2", ["c"]], ["related 1", ["a", "b"]]]);
  assert.deepEqual((await prisma.order.aggregate({ where, _sum: { rating: true } }))._sum, { rating: 3 });
  assert.equal((await prisma.order.updateMany({ where, data: { rating: { increment: 1 } } })).count, 2);
  const upserted = await prisma.order.upsert({ where: { name: "related 1" }, update: { rating: 9 }, create: order("related 1") });
  assert.equal(upserted.rating, 9);
  assert.equal((await prisma.order.deleteMany({ where })).count, 2);
});

test("transactions commit and roll back", async () => {
  const before = await count("prisma_orders");
  const names = ["in one", "in two"];
  await prisma.$transaction(names.map((name) => prisma.order.create({ data: order(name) })));
  assert.equal(await count("prisma_orders"), before + 2);

  const inside = prisma.$transaction(async (tx) => {
    await tx.order.deleteMany({});
    assert.equal(await tx.order.count(), 0);
    assert.equal(await count("prisma_orders"), before + 2);
    throw new Error("changed my mind");
  });
  await assert.rejects(inside, /changed my mind/);
  assert.equal(await count("prisma_orders"), before + 2);

  // The second insert fails, so that the first is rolled back.
  const twice = prisma.$transaction(["in three", "in one"].map((name) => prisma.order.create({ data: order(name) })));
  await assert.rejects(twice, knownError("P2002"));
  assert.equal(await count("prisma_orders"), before + 2);

  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: order("isolated") });
  }, { isolationLevel: "Serializable" });
  assert.equal(await count("prisma_orders"), before + 3);
});

test("many requests at once", async () => {
  const numbers = Array.from({ length: 40 }, (_, number) => number);
  await Promise.all(numbers.map((number) => prisma.order.create({ data: order(`parallel ${number}`) })));
  assert.equal(await prisma.order.count({ where: { name: { startsWith: "parallel" } } }), numbers.length);
});
