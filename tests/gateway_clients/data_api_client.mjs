// data-api-client through the calls of its documentation, on version 2 of the AWS SDK.

import assert from "node:assert/strict";
import { test } from "node:test";

import dataApiClient from "data-api-client";

import { bytes, count, create, credentials, database, endpoint, json, place, product, region, rejection, text } from "./gateway.mjs";

const options = { region, endpoint, credentials, sslEnabled: false };
const client = dataApiClient({ ...place, database, options });
await create("data_api_client", `id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(40) NOT NULL UNIQUE,
  price DECIMAL(12, 4), placed DATETIME(3), payload JSON, bytes BLOB, rating DOUBLE, is_open BOOLEAN`);

const insert = (name) => client.query("INSERT INTO data_api_client (name) VALUES (:name)", { name });

test("every kind of value returns as it was sent", async () => {
  const sql = `INSERT INTO data_api_client (name, price, placed, payload, bytes, rating, is_open)
    VALUES (:name, :price, :placed, :payload, :bytes, :rating, :is_open)`;
  const placed = new Date("2026-01-31T23:59:58.123Z");
  const values = { name: text, price: "12345678.9012", placed, rating: 0.1, is_open: true, bytes: Buffer.from(bytes) };
  const { insertId, numberOfRecordsUpdated } = await client.query(sql, { ...values, payload: JSON.stringify(json) });
  assert.equal(numberOfRecordsUpdated, 1);
  const { records: [found] } = await client.query("SELECT * FROM data_api_client WHERE id = :id", { id: insertId });
  assert.deepEqual({ ...found, bytes: Buffer.from(found.bytes) }, {
    id: insertId, ...values, payload: product === "mysql" ? json : JSON.stringify(json),
  });
});

test("NULL", async () => {
  const { insertId } = await client.query({
    sql: "INSERT INTO data_api_client (name, rating) VALUES (:name, :rating)",
    parameters: [{ name: "name", value: { stringValue: "null" } }, { name: "rating", value: { isNull: true } }],
  });
  const { records } = await client.query("SELECT rating, placed FROM data_api_client WHERE id = :id", { id: insertId });
  assert.deepEqual(records, [{ rating: null, placed: null }]);
});

test("rows as arrays, an identifier as a parameter, and metadata", async () => {
  await insert("array");
  const { records, columnMetadata } = await client.query({
    sql: "SELECT name, ::column FROM data_api_client WHERE name = :name",
    parameters: { name: "array", column: "rating" },
    hydrateColumnNames: false,
    includeResultMetadata: true,
  });
  assert.deepEqual(records, [["array", null]]);
  assert.deepEqual(columnMetadata.map(({ label, typeName }) => [label, typeName]), [["name", "VARCHAR"], ["rating", "DOUBLE"]]);
});

test("a batch", async () => {
  const names = ["b1", "b2", "b3"].map((name) => [{ name }]);
  const { updateResults } = await client.query("INSERT INTO data_api_client (name) VALUES (:name)", names);
  assert.equal(new Set(updateResults.map(({ insertId }) => insertId)).size, 3);
});

test("a duplicate key is a DatabaseErrorException, which is not sent again", async () => {
  await insert("twice");
  const error = await rejection(insert("twice"));
  assert.equal(error.code, "DatabaseErrorException");
  assert.equal(error.retryable, false);
  assert.match(error.message, /; Error code: 1062; SQLState: 23000$/);
});

test("transactions commit and roll back", async () => {
  const before = await count("data_api_client");
  const results = await client.transaction()
    .query("INSERT INTO data_api_client (name) VALUES (:name)", { name: "kept" })
    .query(({ insertId }) => ["UPDATE data_api_client SET rating = 5 WHERE id = :id", { id: insertId }])
    .rollback((error) => assert.fail(error))
    .commit();
  assert.equal(results.at(-1).transactionStatus, "Transaction Committed");
  assert.equal(results[1].numberOfRecordsUpdated, 1);
  assert.equal(await count("data_api_client"), before + 1);

  let status;
  const error = await rejection(client.transaction()
    .query("DELETE FROM data_api_client")
    .query("INSERT INTO data_api_client (missing) VALUES (1)")
    .rollback((_, rolledBack) => { status = rolledBack.transactionStatus; })
    .commit());
  assert.match(error.message, /Error code: 1054/);
  assert.equal(status, "Rollback Complete");
  assert.equal(await count("data_api_client"), before + 1);
});
