/** Where a socket or a port file may lie, so that who finds it there does not find the queue. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { readSettings, type Settings } from "../../../src/sidecar/settings.ts";
import { checkListenPlace, checkPortFile } from "../../../src/sidecar/start_checks.ts";
import { temporary } from "../../support/temporary.ts";

function settingsOf(env: Readonly<Record<string, string>>): Settings {
  const all: Record<string, string> = { SUPERVISE_BOTTLE_SLUG: "dev", ...env };
  return readSettings((name) => all[name]);
}

/** Paths from a directory with a queue, a link to it, another directory, and a link to that. */
const PLACES: readonly (readonly [path: string, isRefused: boolean])[] = [
  ["queue", true],
  ["queue/s", true],
  ["queue/processed/s", true],
  ["queue/none/deep/s", true],
  ["other/../queue/s", true],
  ["none/../queue/s", true],
  ["./queue//s", true],
  ["link/s", true],
  ["link/processed/../s", true],
  ["file-link", true],
  ["queue/out", true],
  ["s", false],
  ["queue.sock", false],
  ["queue-2/s", false],
  ["other/s", false],
  ["other-link/s", false],
  ["queue/../s", false],
  ["link/../s", false],
  ["other/..s", false],
  ["none/s", false],
];

for (const [path, isIn] of PLACES) {
  Deno.test(`checkListenPlace() ${isIn ? "refuses" : "takes"} ${path}`, async () => {
    await using directory = await temporary();
    const at = (name: string) => `${directory.path}/${name}`;
    await Deno.mkdir(at("queue/processed"), { recursive: true });
    await Deno.mkdir(at("other"));
    await Deno.symlink("queue", at("link"));
    await Deno.symlink("other", at("other-link"));
    await Deno.writeTextFile(at("queue/file"), "");
    await Deno.symlink("queue/file", at("file-link"));
    await Deno.writeTextFile(at("outside"), "");
    await Deno.symlink("../outside", at("queue/out"));
    for (const queue of ["queue", "link", "other/../queue"]) {
      const env = { SUPERVISE_QUEUE_DIR: at(queue) };
      const socket = checkListenPlace(settingsOf({ ...env, SUPERVISE_BIND: at(path) }));
      const file = checkListenPlace(settingsOf({ ...env, SUPERVISE_PORT_FILE: at(path) }));
      if (isIn) {
        assert.match(socket!, /^SUPERVISE_BIND must not lie in [^\n]+\/listen\/supervise\.sock$/);
        assert.match(file!, /^SUPERVISE_PORT_FILE must not lie in [^\n]+\/listen\/port$/);
      } else {
        assert.deepEqual([socket, file], [undefined, undefined]);
      }
    }
  });
}

Deno.test("checkListenPlace() knows a queue directory that is not there yet, and one named from here", () => {
  const env = { SUPERVISE_QUEUE_DIR: "no/such/queue", SUPERVISE_PORT_FILE: "no/such/queue/port" };
  assert.ok(checkListenPlace(settingsOf(env)));
  assert.ok(checkListenPlace(settingsOf({ ...env, SUPERVISE_QUEUE_DIR: "no/x/../such" })));
  assert.ok(
    checkListenPlace(
      settingsOf({ ...env, SUPERVISE_PORT_FILE: join(Deno.cwd(), "no/such/queue/p") }),
    ),
  );
  assert.equal(
    checkListenPlace(settingsOf({ ...env, SUPERVISE_PORT_FILE: "no/such/port" })),
    undefined,
  );
});

Deno.test("checkListenPlace() takes all where nothing is made: no socket, no port, stdio", () => {
  const env = { SUPERVISE_QUEUE_DIR: "/q", SUPERVISE_PORT_FILE: "/q/port" };
  assert.equal(checkListenPlace(settingsOf({})), undefined);
  assert.equal(checkListenPlace(settingsOf({ ...env, SUPERVISE_BIND: "/s" })), undefined);
  assert.equal(checkListenPlace(settingsOf({ ...env, SUPERVISE_TRANSPORT: "stdio" })), undefined);
});

Deno.test("checkPortFile() says where a port file has no effect", () => {
  const env = { SUPERVISE_PORT_FILE: "/run/port" };
  assert.equal(checkPortFile(settingsOf({})), undefined);
  assert.equal(checkPortFile(settingsOf(env)), undefined);
  assert.match(
    checkPortFile(settingsOf({ ...env, SUPERVISE_BIND: "/s" }))!,
    /^SUPERVISE_PORT_FILE has no effect on a Unix socket, .*: \/run\/port is not written$/,
  );
  assert.match(
    checkPortFile(settingsOf({ ...env, SUPERVISE_TRANSPORT: "stdio" }))!,
    /^SUPERVISE_PORT_FILE has no effect on stdio, .*$/,
  );
});
