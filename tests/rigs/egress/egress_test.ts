/** The egress proxy under random requests, and under many reloads with many open connections. */

import assert from "node:assert/strict";
import { hasMitmproxy } from "../../support/mitmproxy.ts";
import { ask, Download } from "../../support/proxied.ts";
import { Random } from "../../support/random.ts";
import { RawSite } from "../../support/raw_site.ts";
import { scene } from "../../examples/egress/egress_fixture.ts";
import { randomRequest } from "./request_lines.ts";

const ignore = !hasMitmproxy();

const REQUESTS = 20_000;
const AT_ONCE = 8;

/** What a server may take a path for, by another parser than the proxy's. */
function* readings(target: string): Generator<string> {
  let path = target.replace(/[?#].*$/s, "");
  for (let times = 0; times < 4; times++) {
    yield new URL(`http://host.example${path}`).pathname;
    const decoded = decodeURIComponent(path);
    if (decoded === path) return;
    path = decoded;
  }
}

Deno.test({
  name: "egress proxy lets no random request through that its table forbids",
  ignore,
  async fn() {
    await using site = new RawSite();
    const routes = [{ host: "listed.example", path_allowlist: ["/repos/acme"] }];
    await using stage = await scene({ upstream: site.address }, JSON.stringify({ routes }));
    const random = new Random(7);
    let left = REQUESTS;
    const statuses = new Map<string, number>();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) {
        const { bytes, isBroken } = randomRequest(random);
        const answer = await ask(stage.egress, bytes, isBroken);
        const status = answer.slice(9, 12);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }));
    const seen = JSON.stringify(Object.fromEntries(statuses));
    assert.ok(site.requests.length > REQUESTS / 100, seen);
    assert.ok((statuses.get("403") ?? 0) > REQUESTS / 4, seen);
    for (const { target, hosts } of site.requests) {
      assert.match(hosts.join(" "), /^listed\.example\.?(:80)?$/i, target);
      for (const path of readings(target)) {
        assert.ok(path === "/repos/acme" || path.startsWith("/repos/acme/"), `${target}: ${path}`);
      }
    }
  },
});

Deno.test({
  name: "egress proxy keeps 200 connections through 500 reloads, and cuts those it must",
  ignore,
  async fn() {
    const hosts = Array.from({ length: 20 }, (_, index) => ({ host: `h${index}.example` }));
    const [with_, without] = [[...hosts, { host: "comes.example" }], hosts]
      .map((routes) => JSON.stringify({ routes }));
    await using stage = await scene({}, without);
    await using stack = new AsyncDisposableStack();
    const downloads = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const url = `http://h${index % hosts.length}.example/${index}/download`;
      return stack.use(await Download.start(stage.egress, url));
    }));
    for (let round = 0; round < 250; round++) {
      await stage.enforce(with_!);
      const ends = round % 50 === 0
        ? await Download.start(stage.egress, "http://comes.example/download")
        : undefined;
      await stage.enforce(without!);
      await ends?.ended();
      ends?.[Symbol.dispose]();
    }
    stage.site.feed("still there;");
    await Promise.all(downloads.map((download) => download.until("still there;")));
    const { reloads, connections_cut } = await stage.status();
    assert.ok(reloads >= 500);
    assert.equal(connections_cut, 5);
  },
});
