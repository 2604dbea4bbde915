/** Random routes files, written in the ways people write them, and random asks for them. */

import type { ApprovedRoute } from "../../../src/operator/apply/routes.ts";
import { scalar } from "../../../src/operator/apply/yaml_write.ts";
import type { Random } from "../../support/random.ts";

const HOSTS = ["api.github.com", "PyPI.org", "deb.debian.org.", "null", "1e3", "*.example.com"];
const ASKED = ["api.github.com", "pypi.org", "deb.debian.org", "null", "1e3", "a.example.com"];
const PATHS = ["/", "/a", "/b/c", "/: #x", "/- x", "/[", "/'\"", "/*x", "/%20", "/a,b", "/null"];
const NAMES = ["GH_TOKEN", "NULL", "y", "on"];

/** Between 0 and 7 routes, each host once. */
export function randomFile(random: Random): string {
  const isFlow = chance(random, 25);
  const routes = HOSTS.filter(() => chance(random, 50)).map((host) => ({
    host,
    paths: chance(random, 70) ? some(random, PATHS) : undefined,
    auth: chance(random, 25) ? random.pick(NAMES) : undefined,
  }));
  const lines = ["# top", ...chance(random, 50) ? ["mode: strict"] : []];
  if (routes.length === 0) {
    lines.push(...random.pick([[], ["routes:"], ["routes: [] # none"], ["routes: ~"]]));
  } else if (isFlow) {
    const items = routes.map(({ host, paths, auth }) =>
      `{host: ${quoted(random, host)}` +
      (paths ? `, path_allowlist: [${paths.map((path) => quoted(random, path)).join(", ")}]` : "") +
      (auth ? `, auth: {scheme: Bearer, token_ref: ${scalar(auth, false)}}` : "") + "}"
    );
    const feed = random.pick(["", "\n  "]);
    const end = feed && "\n" + (chance(random, 50) ? "  # last\n" : "");
    lines.push(`routes: [${feed}${items.join("," + (feed || " "))}${end}]`);
  } else {
    lines.push("routes:" + comment(random));
    const dash = random.pick(["", "  ", "    "]);
    const gap = random.pick([" ", " ", "   "]);
    const key = dash + " " + gap.replace(/./g, " ");
    const inner = random.pick(["", "  "]);
    for (const { host, paths, auth } of routes) {
      if (chance(random, 20)) lines.push("");
      if (chance(random, 20)) lines.push(`${dash}# above`);
      lines.push(`${dash}-${gap}host: ${quoted(random, host)}${comment(random)}`);
      if (chance(random, 30)) lines.push(`${key}note: {of: [mine, "x"]}`);
      if (auth) {
        lines.push(`${key}auth:`, `${key}  scheme: Bearer`);
        lines.push(`${key}  token_ref: ${scalar(auth, false)}`);
      }
      if (paths?.length === 0 || paths && chance(random, 20)) {
        const list = paths.map((path) => quoted(random, path)).join(", ");
        lines.push(`${key}path_allowlist: [${list}]${comment(random)}`);
      } else if (paths) {
        lines.push(`${key}path_allowlist:${comment(random)}`);
        for (const path of paths) {
          lines.push(`${key}${inner}- ${quoted(random, path)}${comment(random)}`);
          if (chance(random, 10)) lines.push(`${key}${inner}# below ${lines.length}`);
        }
      }
      if (chance(random, 20)) lines.push(`${key}# end of the route`);
    }
  }
  if (chance(random, 30)) lines.push("", "# foot");
  if (chance(random, 40)) lines.push("log: info # last key");
  const text = lines.join("\n") + (chance(random, 80) ? "\n" : "");
  return (chance(random, 10) ? "\uFEFF" : "") +
    (chance(random, 25) ? text.replaceAll("\n", "\r\n") : text);
}

export function randomAsk(random: Random): ApprovedRoute {
  const paths = some(random, PATHS);
  return {
    host: random.pick(ASKED),
    ...paths.length > 0 && { path_allowlist: paths },
    ...chance(random, 30) && { auth: { scheme: "Bearer", token_ref: random.pick(NAMES) } },
  };
}

/** Every way to quote that says the same. */
function quoted(random: Random, value: string): string {
  return random.pick([
    scalar(value, false),
    JSON.stringify(value),
    `'${value.replaceAll("'", "''")}'`,
  ]);
}

function comment(random: Random): string {
  return chance(random, 20) ? `  # note ${random.below(100)}` : "";
}

function some<T>(random: Random, from: readonly T[]): T[] {
  return from.filter(() => chance(random, 25));
}

function chance(random: Random, percent: number): boolean {
  return random.below(100) < percent;
}
