/** Right configurations: what each one means for a bottle. */

import assert from "node:assert/strict";
import { NO_CONFIG, type Target } from "../../../src/operator/config/config.ts";
import { parseConfig } from "../../../src/operator/config/parse.ts";
import { FILE, matching, of, routes } from "./config_text.ts";

const WHOLE = `# Our bottles.
bottles:
  - match: "web-*"
    routes:
      file: /srv/bottles/{slug}/routes.yaml
      write: in-place
      reload: [docker, kill, --signal, HUP, "egress-{slug}"]
      reload_timeout_seconds: 2.5
      check:
        url: http://_egress.local/allowlist?of={slug}
        proxy: "http://egress-{slug}:9099"
    pipelock:
      file: pipelock/{slug}.yaml
      write: rename
      check: [grep, -q, yes, 010, "/srv/{slug}/{slug}"]
    dockerfile:
      file: ~/bottles/{slug}/Dockerfile
      reload: [/usr/bin/docker, compose, up, -d, --build, "{slug}", ""]
  - match: db
    dockerfile: {file: ../Dockerfile, reload_timeout_seconds: 3600}
  - routes:
      file: /srv/routes.yaml
`;

const target = (given: Partial<Target> & Pick<Target, "kind" | "path">): Target => ({
  write: "in-place",
  reload: undefined,
  reloadTimeoutMs: 30_000,
  check: undefined,
  ...given,
});

Deno.test("targetsOf() fills in the slug, the defaults and the directory", () => {
  const config = parseConfig(WHOLE, FILE, "/home/a");
  assert.equal(config.path, FILE);
  assert.deepEqual(config.targetsOf(of("web-1")), {
    routes: target({
      kind: "routes",
      path: "/srv/bottles/web-1/routes.yaml",
      reload: ["docker", "kill", "--signal", "HUP", "egress-web-1"],
      reloadTimeoutMs: 2_500,
      check: {
        kind: "route-table",
        url: new URL("http://_egress.local/allowlist?of=web-1"),
        proxy: new URL("http://egress-web-1:9099"),
      },
    }),
    pipelock: target({
      kind: "pipelock",
      path: "/etc/supervise/pipelock/web-1.yaml",
      write: "rename",
      check: { kind: "command", command: ["grep", "-q", "yes", "010", "/srv/web-1/web-1"] },
    }),
    dockerfile: target({
      kind: "dockerfile",
      path: "/home/a/bottles/web-1/Dockerfile",
      reload: ["/usr/bin/docker", "compose", "up", "-d", "--build", "web-1", ""],
      reloadTimeoutMs: 600_000,
    }),
  });
});

Deno.test("targetsOf() takes the first entry that fits, alone", () => {
  const config = parseConfig(WHOLE, FILE, "/home/a");
  assert.deepEqual(config.targetsOf(of("db")), {
    dockerfile: target({ kind: "dockerfile", path: "/etc/Dockerfile", reloadTimeoutMs: 3_600_000 }),
  });
  const rest = { routes: target({ kind: "routes", path: "/srv/routes.yaml" }) };
  for (const slug of ["db2", "web", "DB", "a.b"]) {
    assert.deepEqual(config.targetsOf(of(slug)), rest);
  }
});

Deno.test("targetsOf() has nothing for a bottle that no entry fits", () => {
  const config = parseConfig(matching("web"), FILE, undefined);
  assert.deepEqual(config.targetsOf(of("dev")), {});
  assert.deepEqual(NO_CONFIG.targetsOf(of("dev")), {});
});

Deno.test("targetsOf() leaves a slug's own characters alone", () => {
  const { routes: found } = parseConfig(routes(), FILE, undefined).targetsOf(of("a$&-$1"));
  assert.equal(found?.path, "/r/a$&-$1.yaml");
});
