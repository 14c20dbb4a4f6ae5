// Replays exchanges with a server's handshake: the client's bytes as a whole, or in parts.

import assert from "node:assert/strict";

import { bytes, plain, record } from "./values.mjs";

// Checks what every call returns, and the outcome.
export function replay({ ServerHandshake }, { name, begin, calls, outcome }, part) {
  const results = [];
  let handshake;
  const begun = attempt(() => {
    handshake = start(ServerHandshake, begin);
  });
  if (begun.error) results.push(begun);
  for (const call of calls) {
    const { returns, error, ...made } = call;
    const result = perform(handshake, made, part, error !== undefined);
    assert.deepEqual(result, error === undefined ? { returns } : { error }, name);
    results.push(result);
    if (result.error) assert.deepEqual(attempt(() => handshake.receive(bytes(""))), result, name);
  }
  assert.deepEqual(ending(results), outcome, name);
}

function start(ServerHandshake, begin) {
  const [[beginning, given]] = Object.entries(begin);
  const scramble = bytes(given.scramble);
  switch (beginning) {
    case "start":
      return ServerHandshake.start(record(given.identity), scramble, given.tls);
    case "start-as": {
      const { "initial-handshake": theirs, "withheld-capabilities": withheld, tls } = given;
      return ServerHandshake.startAs(bytes(theirs), withheld, scramble, tls);
    }
    case "change-user": {
      const { command, capabilities, "mariadb-capabilities": mariadb, "is-tls": isTls } = given;
      return ServerHandshake.changeUser(bytes(command), capabilities, mariadb, scramble, isTls);
    }
  }
  throw new Error(beginning);
}

function perform(handshake, call, part, endsWithError) {
  const [[method, value]] = Object.entries(call);
  switch (method) {
    case "receive":
      return receive(handshake, bytes(value), part, endsWithError);
    case "tls-established":
      return attempt(() => handshake.tlsEstablished());
    case "reply":
      return attempt(() => handshake.reply(reply(value)));
    case "verify": {
      const [[tag, hash]] = Object.entries(value);
      return attempt(() => handshake.verify({ tag, val: bytes(hash) }));
    }
  }
  throw new Error(method);
}

// After every strict prefix of a packet the handshake asks for more. An error may come before the last part, or after a
// part that is a packet.
function receive(handshake, said, part, endsWithError) {
  let result = said.length ? { returns: "read" } : attempt(() => handshake.receive(said));
  for (let at = 0; at < said.length && !result.error; at += part) {
    if (!endsWithError) assert.deepEqual(result, { returns: "read" });
    result = attempt(() => handshake.receive(said.subarray(at, at + part)));
  }
  return result;
}

function reply(value) {
  const [[tag, payload]] = Object.entries(value);
  if (tag === "switch-plugin") return { tag, val: { plugin: payload.plugin, data: bytes(payload.data) } };
  return { tag, val: tag === "refuse" ? record(payload) : bytes(payload) };
}

// What a call returns, or its error, in the form of the vectors.
function attempt(call) {
  try {
    return { returns: plain(call()) };
  } catch (error) {
    if (!error.payload) throw error;
    return { error: plain(error.payload) };
  }
}

// The first error, or whether the last packet is an OK_Packet.
function ending(results) {
  const failed = results.find((result) => result.error);
  if (failed) return failed;
  const header = results.at(-1).returns.slice(8, 10);
  return { "00": "accepted", ff: "refused" }[header];
}
