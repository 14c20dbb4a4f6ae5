// @aws-sdk/client-rds-data at the Data API of `rds-bridge serve`, whose address is AWS_ENDPOINT_URL_RDS_DATA. With
// SIGNED, the credentials in the environment are a key pair of the gateway, and others are refused.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  BatchExecuteStatementCommand, BeginTransactionCommand, CommitTransactionCommand, DatabaseErrorException,
  ExecuteStatementCommand, RDSDataClient, RollbackTransactionCommand, TransactionNotFoundException,
  UnsupportedResultException,
} from "@aws-sdk/client-rds-data";

const place = { resourceArn: "arn:aws:rds:any", secretArn: "arn:aws:secretsmanager:any" };
const client = new RDSDataClient({ region: "eu-central-1", maxAttempts: 1 });
const send = (Command, input) => client.send(new Command({ ...place, ...input }));
const execute = (sql, parameters, options) => send(ExecuteStatementCommand, { sql, parameters, ...options });

test("a statement with parameters", async () => {
  const parameters = [
    { name: "id", value: { longValue: 2 } },
    { name: "bytes", value: { blobValue: new Uint8Array([0, 255]) } },
    { name: "nothing", value: { isNull: true } },
  ];
  const sql = "SELECT id, name, price, CAST(:bytes AS BINARY), 0.5e0, :nothing FROM items WHERE id = :id";
  const { records, columnMetadata } = await execute(sql, parameters, { includeResultMetadata: true });
  assert.deepEqual(records, [[
    { longValue: 2 }, { stringValue: "bread" }, { stringValue: "3.50" },
    { blobValue: new Uint8Array([0, 255]) }, { doubleValue: 0.5 }, { isNull: true },
  ]]);
  assert.deepEqual(columnMetadata.slice(0, 3).map((column) => column.typeName), ["INT", "VARCHAR", "DECIMAL"]);
});

test("records as JSON", async () => {
  const { formattedRecords } = await execute("SELECT id, name FROM items ORDER BY id", [], { formatRecordsAs: "JSON" });
  assert.deepEqual(JSON.parse(formattedRecords)[0], { id: 1, name: "apple" });
});

test("errors have the types of the SDK", async () => {
  const refused = (error) => error instanceof DatabaseErrorException
    && error.message.endsWith("; Error code: 1064; SQLState: 42000") && error.$metadata.httpStatusCode === 400;
  await assert.rejects(execute("SELEC 1"), refused);
  await assert.rejects(execute("SELECT 18446744073709551615 AS n"), UnsupportedResultException);
  await assert.rejects(execute("SELECT 1", [], { transactionId: "unknown" }), TransactionNotFoundException);
});

test("a transaction", { skip: Boolean(process.env.SIGNED) }, async () => {
  await execute("CREATE TABLE data_api_js (id INT PRIMARY KEY)");
  const count = async () => (await execute("SELECT COUNT(*) FROM data_api_js")).records[0][0].longValue;
  for (const [End, status, expected] of [
    [RollbackTransactionCommand, "Rollback Complete", 0], [CommitTransactionCommand, "Transaction Committed", 3],
  ]) {
    const { transactionId } = await send(BeginTransactionCommand, { database: "iamtest" });
    await execute("INSERT INTO data_api_js VALUES (1)", [], { transactionId });
    const parameterSets = [2, 3].map((id) => [{ name: "id", value: { longValue: id } }]);
    const batch = { transactionId, parameterSets, sql: "INSERT INTO data_api_js VALUES (:id)" };
    const { updateResults } = await send(BatchExecuteStatementCommand, batch);
    assert.equal(updateResults.length, 2);
    assert.equal(await count(), 0);
    assert.equal((await send(End, { transactionId })).transactionStatus, status);
    assert.equal(await count(), expected);
  }
  await execute("DROP TABLE data_api_js");
});

test("other credentials", { skip: !process.env.SIGNED }, async () => {
  const credentials = { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: "another" };
  const other = new RDSDataClient({ region: "eu-central-1", maxAttempts: 1, credentials });
  const sent = other.send(new ExecuteStatementCommand({ ...place, sql: "SELECT 1" }));
  await assert.rejects(sent, { name: "InvalidSignatureException" });
});
