/**
 * The form of a transcript row: what was recorded from the server that this one replaces, and what
 * this one answers. Apart from the tables, so that the comparison is written once.
 */

import assert from "node:assert/strict";
import { readReply } from "../../../support/agent.ts";
import { type Reply, Wire } from "../../../support/wire.ts";
import { within } from "../../../support/within.ts";

/** Why an answer is meant to differ from the recorded one. A row may name no other reason. */
export const REASONS = {
  parseErrors:
    "parse and shape errors are HTTP 400 with the same code, not HTTP 200, and have the id if one can be read",
  unanswered: "invalid UTF-8 and deep nesting get a parse error instead of a closed connection",
  notifications: "a notification gets 202 and no body, and queues nothing",
  newMethods: "ping, notifications/cancelled and resources work",
  toolFirst: "the tool is checked before its arguments",
  hostSyntax: "host gets a syntax check",
  settings: "a wrong setting is one line on stderr and exit code 2",
  hangUp: "a caller's hang-up is noticed, and the decision is kept for the next call",
  lateDecision: "a decision after the time-out is delivered at the next chance and then filed away",
  slowBody: "a slow body ends with 408 instead of holding the connection for ever",
  paths: "a query or a final slash makes no other path",
  transport: "a GET is told which transport is meant",
  methods: "every other HTTP method gets 405 and Allow: POST, not 501",
  revision: "initialize answers the revision that was asked for, else the newest it knows",
  ids: "a request id is a string or an integer",
  strictJson: "what is not JSON is a parse error",
  batches: "batches belong to revision 2025-03-26, but initialize may not be in one",
  emptyLists: "an empty list is PHP's empty object, and null is as good as nothing",
  modifiedInWords: "where no data is sent along, modified says the id and what was approved",
  argumentsObject: "arguments must be an object, whatever the tool",
  chunked: "a chunked body is taken and counted while it is read",
  framing: "HTTP/1.1: malformed framing is refused by the HTTP runtime with an empty 400",
  keepAlive: "HTTP/1.1: a connection serves one request after another",
  noInternalErrors: "what the caller or the proxy did wrong is said, instead of internal error",
  unknownArguments: "a misspelt argument is refused, since to pass over it would widen the ask",
  fiveTools: "there is a fifth tool, proposal-status, and list-egress-routes stands after the asks",
  canonicalUrl: "the URL is stored without surrounding blanks and in its canonical form",
} as const;

export type Reason = keyof typeof REASONS;

export interface Outcome {
  /**
   * HTTP status. `none`: the connection ended without an answer; `silent`: it stayed open without
   * one; `bare`: a body came without status line and headers.
   */
  readonly status: number | "none" | "silent" | "bare";
  /** The id in the JSON-RPC answer; left out when the body is no JSON-RPC answer. */
  readonly id?: unknown;
  /** The code of a JSON-RPC error, or any of several; left out when there must be none. */
  readonly code?: number | readonly number[];
  /** Of a tool's result; left out when there must be none. */
  readonly isError?: boolean;
  /** What the error's message, the tool's text, the result or the whole body must say. */
  readonly meaning?: RegExp;
  /** Members that the error's data must have, lists in any order. */
  readonly data?: Readonly<Record<string, readonly string[]>>;
  /** Whether the answer must carry `Allow: POST`. */
  readonly allow?: true;
}

/** What every row has. `reference` is what was recorded, where it is not what is expected. */
export interface Row {
  readonly name: string;
  readonly expect: Outcome;
  readonly differs?: Reason;
  readonly reference?: Outcome;
}

/** One request, as bytes, and its answer. */
export interface Exchange extends Row {
  readonly send: Uint8Array;
  /** The client sends nothing more and says so. */
  readonly halfClose?: true;
  /** The answer to a second request in the same bytes. */
  readonly then?: Outcome;
}

/** A row about `initialize`, whose answer differs in the revision and in nothing else. */
export function handshake(id: unknown, answered: string, recorded = "2024-11-05") {
  const outcome = (revision: string): Outcome => ({
    status: 200,
    id,
    meaning: new RegExp(
      `(?=.*"protocolVersion":"${revision}")(?=.*"name":"bot-bottle-supervise")` +
        `(?=.*"tools":\\{"listChanged":false\\})`,
    ),
  });
  if (answered === recorded) return { expect: outcome(answered) };
  return { differs: "revision", expect: outcome(answered), reference: outcome(recorded) } as const;
}

/** Compares an answer, undefined when the connection ended without one, with what is expected. */
export function check(reply: Reply | undefined, expect: Outcome): void {
  if (!reply || typeof expect.status === "string") {
    assert.equal(reply ? (reply.status || "bare") : "none", expect.status, reply?.body);
  } else {
    assert.equal(reply.status, expect.status, reply.body);
  }
  if (!reply) return;
  const said = readReply(reply);
  assert.deepEqual(said.id, expect.id, reply.body);
  const codes = [expect.code].flat();
  assert.ok(codes.includes(said.code), `code ${said.code}, not ${codes}: ${reply.body}`);
  if ("isError" in expect) assert.equal(said.isError, expect.isError, reply.body);
  if (expect.meaning) assert.match(said.meaning, expect.meaning);
  for (const [name, values] of Object.entries(expect.data ?? {})) {
    const found = (said.data as Record<string, string[]> | undefined)?.[name];
    assert.deepEqual(found?.toSorted(), values.toSorted());
  }
  if (expect.allow) assert.equal(reply.headers.get("allow"), "POST");
}

/** Sends a row's request on a connection of its own and compares the answer. */
export async function replay(port: number, row: Exchange): Promise<void> {
  using wire = await Wire.open(port);
  const sending = wire.send(row.send);
  if (row.halfClose) await sending.then(() => wire.closeWrite());
  const method = new TextDecoder().decode(row.send.subarray(0, 20)).split(" ", 1)[0];
  check(await within(60, "answer", wire.reply(method)), row.expect);
  if (row.then) check(await within(60, "second answer", wire.reply()), row.then);
}
