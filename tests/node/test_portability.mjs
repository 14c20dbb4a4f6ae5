// Tests of the built component in Node, through jco: every vector and every exchange.
//
// RDS_BRIDGE_TRANSPILED is the path of the module that jco generated from the component.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import * as serverExchanges from "./server_exchanges.mjs";
import { plain, record } from "./values.mjs";

const bridge = await import(pathToFileURL(process.env.RDS_BRIDGE_TRANSPILED));
const { presign, handshake, serverHandshake } = bridge;

const read = (path) => JSON.parse(readFileSync(new URL(`../vectors/${path}`, import.meta.url), "utf8"));

const argumentsOf = (vector) => [
  record(vector.credentials, ["expires-at"]),
  record(vector.request),
  record(vector.lifetime, ["signed-at"]),
];

test("every vector", () => {
  const { vectors } = read("presign/vectors.json");
  assert.ok(vectors.length > 60);
  for (const vector of vectors) {
    const [credentials, request, lifetime] = argumentsOf(vector);
    assert.deepEqual(plain(presign.steps(credentials, request, lifetime)), vector.steps, vector.name);
    const token = presign.presign(credentials, request, lifetime);
    assert.equal(token.text(), vector.token, vector.name);
    assert.equal(Number(token.validUntil()), vector["valid-until"], vector.name);
    const claims = presign.verify(token.text(), credentials, request, lifetime.signedAt);
    assert.deepEqual(claims, presign.inspect(token.text()), vector.name);
  }
});

test("errors are values", () => {
  const [vector] = read("presign/vectors.json").vectors;
  const [credentials, request, lifetime] = argumentsOf(vector);
  try {
    presign.presign(credentials, { ...request, host: "db.example.com." }, lifetime);
    assert.fail("no error");
  } catch (error) {
    assert.deepEqual(plain(error.payload), { "invalid-host": "trailing-dot" });
  }
});

test("every exchange, whole and byte by byte", () => {
  const exchanges = ["mysql8", "mariadb"].flatMap((file) => read(`handshake/${file}.json`).exchanges);
  assert.ok(exchanges.length >= 50);
  for (const exchange of exchanges) {
    for (const part of [1 << 20, 1]) replay(exchange, part);
  }
});

test("every exchange of the server's side, whole and byte by byte", () => {
  const exchanges = ["clients", "composed"].flatMap((file) => read(`server_handshake/${file}.json`).exchanges);
  assert.ok(exchanges.length >= 100);
  for (const exchange of exchanges) {
    for (const part of [1 << 20, 1]) serverExchanges.replay(serverHandshake, exchange, part);
  }
});

// The token's text stays in the component until the server asks for it inside TLS.
test("a token that stays in the component", () => {
  const [vector] = read("presign/vectors.json").vectors;
  const { exchanges } = read("handshake/mysql8.json");
  const { config, exchange } = exchanges.find((it) => it.auth["iam-token-text"] && it.outcome.ready);
  const client = start(config);
  let step = plain(client.receive(new Uint8Array()));
  let written = "";
  for (const event of exchange) {
    if (event.server) {
      step = plain(client.receive(new Uint8Array(Buffer.from(event.server, "hex"))));
    } else if (event["start-tls"]) {
      step = plain(client.tlsEstablished({ tag: "iam-token", val: presign.presign(...argumentsOf(vector)) }));
    } else {
      written += step.write;
      step = plain(client.receive(new Uint8Array()));
    }
  }
  assert.ok(step.ready);
  assert.ok(written.includes(Buffer.from(vector.token).toString("hex")));
});

function start(config) {
  const attributes = config["connection-attributes"].map(([name, value]) => ({ name, value }));
  const fields = { mariadbCapabilities: 0, ...record(config), connectionAttributes: attributes };
  return handshake.ClientHandshake.start(fields);
}

function replay({ name, config, auth, exchange, outcome }, part) {
  const [[tag, val]] = Object.entries(auth);
  const client = start(config);
  let step;
  try {
    step = plain(client.receive(new Uint8Array()));
    for (const event of exchange) {
      if ("server" in event) {
        const bytes = Buffer.from(event.server, "hex");
        for (let at = 0; at < bytes.length; at += part) {
          step = plain(client.receive(new Uint8Array(bytes.subarray(at, at + part))));
        }
      } else {
        assert.deepEqual(step, event, name);
        const asked = "start-tls" in event;
        step = plain(asked ? client.tlsEstablished({ tag, val }) : client.receive(new Uint8Array()));
      }
    }
  } catch (error) {
    if (!error.payload) throw error;
    step = { error: plain(error.payload) };
  }
  assert.deepEqual(step, whole(outcome, exchange), name);
}

// The recorded outcome, with the fields of a session that follow from the exchange.
function whole(outcome, exchange) {
  if (!outcome.ready) return outcome;
  let said = exchange.map((event) => event.server ?? "").join("");
  let okPacket;
  while (said) {
    const end = 8 + 2 * Buffer.from(said.slice(0, 6), "hex").readUIntLE(0, 3);
    okPacket = said.slice(8, end);
    said = said.slice(end);
  }
  return { ready: { "mariadb-capabilities": 0, "ok-packet": okPacket, ...outcome.ready } };
}
