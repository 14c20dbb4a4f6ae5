// Tests of the edge function of host/deploy, with a fake of the Function URL that verifies signatures with the AWS SDK.
//
//     EDGE_FUNCTION=FILE.mjs node --test test_edge_function.mjs     with the file as tsc made it

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { SignatureV4 } from "@smithy/signature-v4";

const { default: edgeFunction } = await import(process.env.EDGE_FUNCTION);

class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac("sha256", secret) : createHash("sha256");
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return this.hash.digest();
  }
}

const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
let server, env, next, seen;

// Verifies like Lambda with AuthType AWS_IAM: signs the request as it was received, and compares.
async function isSigned({ method, url, headers }, body) {
  const [, scope, signed] = headers.authorization?.match(/Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/) ?? [];
  if (scope !== `${headers["x-amz-date"].slice(0, 8)}/eu-central-1/lambda/aws4_request`) return false;
  const signer = new SignatureV4({ service: "lambda", region: "eu-central-1", credentials, sha256: Sha256, applyChecksum: false });
  const kept = signed.split(";").filter((name) => name !== "x-amz-date");
  const request = {
    method, protocol: "http:", hostname: headers.host, path: new URL(url, "http://x").pathname, query: {}, body,
    headers: Object.fromEntries(kept.map((name) => [name, headers[name]])),
  };
  const date = headers["x-amz-date"].replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5");
  const again = await signer.sign(request, { signingDate: new Date(date) });
  return again.headers.authorization === headers.authorization;
}

before(async () => {
  server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const signed = await isSigned(request, body);
    seen.push({ method: request.method, type: request.headers["content-type"], body, signed });
    const [status, text] = signed ? next : [403, '{"Message":"Forbidden"}'];
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  env = {
    FUNCTION_URL: `http://127.0.0.1:${server.address().port}/`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
});

after(() => server.close());

async function ask(query, more = {}) {
  seen = [];
  const answer = await edgeFunction.fetch(new Request(`https://edge.example/${query}`), { ...env, ...more });
  return { status: answer.status, text: await answer.text() };
}

test("what it asks is signed for the service lambda, and the rows are passed on", async () => {
  next = [200, '[{"id":7,"name":"apple","price":"1.25"}]'];
  const answer = await ask("?id=7");
  const body = '{"query":"by_id","parameters":[7]}';
  assert.deepEqual(seen, [{ method: "POST", type: "application/json", body, signed: true }]);
  assert.deepEqual(answer, { status: 200, text: next[1] });
});

test("another key, or another region, is forbidden", async () => {
  assert.equal((await ask("?id=7", { AWS_SECRET_ACCESS_KEY: "another" })).status, 502);
  assert.equal((await ask("?id=7", { AWS_REGION: "eu-west-1" })).status, 502);
});

test("an error is not asked again, and not told to the visitor", async (t) => {
  t.mock.method(console, "error", () => {});
  next = [504, '{"error":{"type":"Deadline","message":"the statement was ended"}}'];
  assert.deepEqual(await ask("?id=7"), { status: 502, text: "the database cannot be queried" });
  assert.equal(seen.length, 1);
  assert.deepEqual(console.error.mock.calls[0].arguments, [504, next[1]]);
});

test("what is no number does not leave the edge", async () => {
  for (const query of ["", "?id=", "?id=1.5", "?id=1%20OR%201=1"]) {
    const { status } = await ask(query);
    assert.deepEqual([query, status, seen.length], [query, 400, 0]);
  }
});
