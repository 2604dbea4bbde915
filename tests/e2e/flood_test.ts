/** One client asks without end: another one's ask gets through, and the operator is not buried. */

import assert from "node:assert/strict";
import { request } from "node:http";
import { post, readReply, ToolCall } from "../support/agent.ts";
import { startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { within } from "../support/within.ts";

const ASKS = 10_000;

/** What a flooding client has open at once. */
const CONNECTIONS = 64;

/** The default of SUPERVISE_RATE_LIMIT_PER_MINUTE. */
const LIMIT = 30;

/** What the other client asks for, one after the other. */
const HOSTS = ["a.other", "b.other", "c.other", "d.other", "e.other"];

const REFUSED =
  /^egress-block: not queued, because you made 30 asks within a minute .* Try again in \d+ s\./;

/** All loopback addresses are one client, so the other one comes from an address beyond it. */
const otherAddress = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;

Deno.test({
  name: "of 10,000 asks of one client 30 a minute are queued, and another client's get through",
  ignore: otherAddress === undefined,
  async fn() {
    await using sidecar = await startSidecar({
      env: {
        SUPERVISE_BIND: "0.0.0.0",
        SUPERVISE_RATE_LIMIT_PER_MINUTE: "",
        SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "5",
        SUPERVISE_MAX_PENDING: "1000",
      },
      net: ["0.0.0.0"],
    });
    const probe = new QueueProbe(sidecar.queueDirectory);
    const startedAt = performance.now();
    const flood = new Flood(sidecar.port);
    const flooding = flood.run();
    await within(60, "refused asks", flood.refusedAtLeast(ASKS / 10));

    for (const host of HOSTS) {
      const answer = askFrom(otherAddress!, sidecar.port, host);
      const id = await within(60, "proposal", proposalFor(probe, host));
      await probe.answer(id, { status: "approved" });
      assert.match(await within(60, "answer", answer), /status: approved/);
    }
    assert.ok(!flood.isOver, "the flood was still going on");

    await within(240, "end of the flood", flooding);
    const minutes = Math.ceil((performance.now() - startedAt) / 60_000);
    assert.equal(flood.refused + flood.queued, ASKS);
    assert.ok(flood.queued >= LIMIT && flood.queued <= LIMIT * minutes, `${flood.queued}`);
    assert.equal((await probe.proposals()).length, flood.queued);

    const [id = ""] = await probe.proposals();
    const params = { name: "proposal-status", arguments: { proposal_id: id } };
    const status = await post(sidecar.port, {
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params,
    });
    assert.match(readReply(status).meaning, /^status: pending/, "looking is not limited");
  },
});

/** Asks for ever new hosts, each on a connection of its own. */
class Flood {
  readonly #port: number;
  refused = 0;
  queued = 0;
  isOver = false;
  #next = 0;
  #onRefused = () => {};

  constructor(port: number) {
    this.#port = port;
  }

  async run(): Promise<void> {
    const work = async () => {
      while (this.#next < ASKS) await this.#ask(`h${this.#next++}.example`);
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    this.isOver = true;
  }

  async refusedAtLeast(count: number): Promise<void> {
    while (this.refused < count) {
      await new Promise<void>((resolve) => this.#onRefused = resolve);
    }
  }

  async #ask(host: string): Promise<void> {
    using call = await ToolCall.ask(this.#port, host);
    const { meaning } = await call.answer(60);
    if (meaning.startsWith("status: pending\n")) {
      this.queued++;
      return;
    }
    assert.match(meaning, REFUSED);
    this.refused++;
    this.#onRefused();
  }
}

/** Asks from another address of this machine; gives the body of the answer. */
function askFrom(address: string, port: number, host: string): Promise<string> {
  const params = { name: "egress-block", arguments: { host, justification: "x" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const headers = { "content-type": "application/json" };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const to = { host: address, port, localAddress: address, method: "POST", headers };
  request(to, async (response) => {
    let text = "";
    for await (const chunk of response) text += chunk;
    resolve(text);
  }).on("error", reject).end(body);
  return promise;
}

async function proposalFor(probe: QueueProbe, host: string): Promise<string> {
  while (true) {
    const id = await probe.nextProposal();
    if ((await probe.proposal(id)).proposed_file.includes(`"${host}"`)) return id;
  }
}
