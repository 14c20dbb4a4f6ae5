// The gateway that the tests call, and the values that they send through it.

import assert from "node:assert/strict";

import { Client } from "@planetscale/database";

export const { AWS_ENDPOINT_URL_RDS_DATA: endpoint, DB_NAME: database, PRODUCT: product, RDS_BRIDGE_URL: url } = process.env;

// The gateway trusts this machine: any credentials and any ARNs.
export const credentials = { accessKeyId: "any", secretAccessKey: "any" };
export const region = "eu-central-1";
export const place = {
  resourceArn: "arn:aws:rds:eu-central-1:123456789012:cluster:any",
  secretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:any",
};

// Quotes, line ends, and characters of two and four bytes.
export const text = "é'\\\"\n\t😀 ?:a";
export const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
export const json = { list: [1, "ü"], nested: { nothing: null } };

// @planetscale/database itself, with which tests make their tables and look into them.
export const planetscale = new Client({ url: url.replace("//", "//any:any@") });

export async function create(table, columns) {
  await planetscale.execute(`DROP TABLE IF EXISTS ${table}`);
  await planetscale.execute(`CREATE TABLE ${table} (${columns}) CHARACTER SET utf8mb4`);
}

export async function count(table) {
  return Number((await planetscale.execute(`SELECT COUNT(*) AS n FROM ${table}`)).rows[0].n);
}

// What a client rejects with.
export async function rejection(promise) {
  return promise.then(() => assert.fail("it succeeded"), (error) => error);
}
