/** One client asks without end: another one's ask gets through, and the operator is not buried. */

import assert from "node:assert/strict";
import { request } from "node:http";
import { post, readReply, ToolCall } from "./support/agent.ts";
import { type Sidecar, startSidecar } from "./support/programs.ts";
import { QueueProbe } from "./support/queue_probe.ts";
import { within } from "./support/within.ts";

const ASKS = 10_000;

/** What a flooding client has open at once. */
const CONNECTIONS = 64;

/** The default of SUPERVISE_RATE_LIMIT_PER_MINUTE. */
const LIMIT = 30;

const REFUSED =
  /^egress-block: not queued, because you made 30 asks within a minute .* Try again in \d+ s\./;

Deno.test("of 10,000 asks of one client 30 are queued, and another client's single ask gets through", async () => {
  await using sidecar = await startSidecar({
    env: { SUPERVISE_RATE_LIMIT_PER_MINUTE: "", SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "600" },
  });
  const probe = new QueueProbe(sidecar.queueDirectory);
  const flood = new Flood(sidecar);
  for (let count = 0; count < LIMIT; count++) {
    await flood.askAndLeaveWaiting();
    await probe.nextProposal();
  }
  const flooding = flood.run();
  await within(30, "refused asks", flood.refusedAtLeast(ASKS / 10));

  const answer = askFrom("127.0.0.2", sidecar, "other.example");
  const id = await within(5, "other client's proposal", probe.nextProposal());
  assert.match((await probe.proposal(id)).proposed_file, /"other\.example"/);
  await probe.answer(id, { status: "approved" });
  assert.match(await within(5, "other client's answer", answer), /status: approved/);
  assert.ok(!flood.isOver, "the flood was still going on");

  await within(120, "end of the flood", flooding);
  assert.deepEqual([flood.refused, flood.waiting.length], [ASKS - LIMIT, LIMIT]);
  assert.equal((await probe.proposals()).length, LIMIT);
  for (const id of await probe.proposals()) await probe.answer(id, { status: "rejected" });
  for (const call of flood.waiting) {
    assert.match((await call.answer()).meaning, /^status: rejected/);
    call[Symbol.dispose]();
  }
  const status = await post(sidecar.port, {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "proposal-status", arguments: { proposal_id: id } },
  });
  assert.match(readReply(status).meaning, /^status: approved/, "looking is not limited");
});

/** Asks for ever new hosts, each on a connection of its own. */
class Flood {
  readonly #sidecar: Sidecar;
  /** Calls that were queued and have no answer yet. */
  readonly waiting: ToolCall[] = [];
  refused = 0;
  isOver = false;
  #next = 0;
  #onRefused = () => {};

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
  }

  async askAndLeaveWaiting(): Promise<void> {
    this.waiting.push(await this.#start());
  }

  /** Makes the rest of the asks, all of which must be refused. */
  async run(): Promise<void> {
    const work = async () => {
      while (this.#next < ASKS) await this.#askInVain();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    this.isOver = true;
  }

  async refusedAtLeast(count: number): Promise<void> {
    while (this.refused < count) {
      await new Promise<void>((resolve) => this.#onRefused = resolve);
    }
  }

  async #askInVain(): Promise<void> {
    using call = await this.#start();
    assert.match((await call.answer(60)).meaning, REFUSED);
    this.refused++;
    this.#onRefused();
  }

  #start(): Promise<ToolCall> {
    return ToolCall.ask(this.#sidecar.port, `h${this.#next++}.example`);
  }
}

/** Asks from another address of this machine; gives the body of the answer. */
function askFrom(address: string, { port }: Sidecar, host: string): Promise<string> {
  const params = { name: "egress-block", arguments: { host, justification: "x" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const headers = { "content-type": "application/json" };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const to = { host: "127.0.0.1", port, localAddress: address, method: "POST", headers };
  request(to, async (response) => {
    let text = "";
    for await (const chunk of response) text += chunk;
    resolve(text);
  }).on("error", reject).end(body);
  return promise;
}
