/** The rate limit: no 60 seconds hold more asks than allowed, whatever the clients do. */

import assert from "node:assert/strict";
import { networkOf, RateLimit } from "../../src/sidecar/rate_limit.ts";
import { Random } from "../support/random.ts";

Deno.test("a client may ask as often as the limit says, and then hears in how many seconds again", () => {
  const limit = new RateLimit(3);
  assert.deepEqual([0, 1_000, 2_500].map((ms) => limit.take("10.0.0.1", ms)), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(limit.take("10.0.0.1", 2_600), 58, "rounded up");
  assert.equal(limit.take("10.0.0.1", 59_999), 1);
  assert.equal(limit.take("10.0.0.1", 60_000), undefined, "the first is a minute ago");
  assert.equal(limit.take("10.0.0.1", 60_000), 1, "the second is not");
});

Deno.test("who keeps asking is let in as soon as who waited: refusals do not count", () => {
  const limit = new RateLimit(1);
  assert.equal(limit.take("a", 0), undefined);
  for (let ms = 100; ms < 60_000; ms += 100) assert.notEqual(limit.take("a", ms), undefined);
  assert.equal(limit.take("a", 60_000), undefined);
});

Deno.test("one client's asks do not count for another", () => {
  const limit = new RateLimit(1);
  assert.equal(limit.take("10.0.0.1", 0), undefined);
  assert.equal(limit.take("10.0.0.2", 0), undefined);
  assert.equal(limit.take("10.0.0.1", 0), 60);
});

Deno.test("no 60 seconds hold more than the limit, and no ask is refused for nothing (seeded)", () => {
  const random = new Random(5);
  for (const perMinute of [1, 7, 30]) {
    const limit = new RateLimit(perMinute);
    const taken: number[] = [];
    for (let ms = 0, asks = 0; asks < 5_000; asks++) {
      ms += Math.floor((random.below(1_000) / 1_000) ** 3 * 16_000);
      const within = taken.filter((time) => time > ms - 60_000).length;
      const inSeconds = limit.take("a", ms);
      assert.equal(inSeconds === undefined, within < perMinute, `${within} at ${ms}`);
      if (inSeconds === undefined) taken.push(ms);
    }
  }
});

Deno.test("of more than 4,096 clients the one that asked longest ago is forgotten, and no newcomer pays", () => {
  const limit = new RateLimit(1);
  for (let client = 0; client < 4_096; client++) {
    assert.equal(limit.take(`10.0.${client >> 8}.${client & 255}`, client), undefined);
  }
  assert.equal(limit.take("10.0.0.0", 5_000), 55, "known, and now the last that asked");
  assert.equal(limit.take("10.1.0.1", 5_000), undefined, "a newcomer");
  assert.equal(limit.take("10.1.0.1", 5_000), 60);
  assert.equal(limit.take("10.0.0.0", 5_000), 55, "still known");
  assert.equal(limit.take("10.0.0.1", 5_000), undefined, "forgotten");
});

const NETWORKS: readonly (readonly [address: string, network: string])[] = [
  ["192.0.2.7", "192.0.2.7"],
  ["unix", "unix"],
  ["stdio", "stdio"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::1", "loopback"],
  ["127.0.0.1", "loopback"],
  ["127.77.0.1", "loopback"],
  ["::ffff:127.0.0.1", "loopback"],
  ["1.127.0.1", "1.127.0.1"],
  ["::", "0:0:0:0/64"],
  ["2001:db8::1", "2001:db8:0:0/64"],
  ["2001:db8:0:0:ffff::1", "2001:db8:0:0/64"],
  ["2001:0DB8:1:2:3:4:5:6", "2001:db8:1:2/64"],
  ["fe80::1%eth0", "fe80:0:0:0/64"],
];

for (const [address, network] of NETWORKS) {
  Deno.test(`${address} counts as ${network}`, () => {
    assert.equal(networkOf(address), network);
  });
}
