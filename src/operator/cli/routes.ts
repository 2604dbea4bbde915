/** `routes`: what a bottle may reach, as its routes file says, and whether the proxy says the same. */

import { parseSlug } from "../../queue/layout.ts";
import { type ListedRoute, routesIn } from "../apply/routes.ts";
import { pad, width } from "../columns.ts";
import { Failure } from "../failure.ts";
import { askTable, type Source } from "../live/ask_table.ts";
import { difference, furtherHosts } from "../live/effect.ts";
import { readLive } from "../live/held_file.ts";
import { visibleLine } from "../visible.ts";
import type { Call, Command } from "./command.ts";

/** More paths of one route are only counted; `--full` shows all. */
const MAX_PATHS = 8;

export const routes: Command = {
  name: "routes",
  usage: "SLUG [--full]",
  summary: "show what a bottle may reach through the egress proxy",
  about: [
    "Lists the hosts and paths of the bottle's routes file. Where a check of the route table is " +
    "configured, the proxy is asked whether it has the same.",
  ],
  options: ["full"],
  operand: { name: "SLUG", required: true },
  examples: ["supervisectl routes dev", "supervisectl routes dev --json | jq -r '.routes[].host'"],
  async run(call) {
    const slug = parseSlug(call.operand ?? "");
    if (!slug) throw new Failure("usage", `"${call.operand}" is no bottle's name`);
    const target = (await call.config()).targetsOf(slug).routes;
    if (!target) {
      throw new Failure(
        "not-configured",
        `no routes file is configured for bottle ${slug}`,
        call.next("doctor", "--slug", slug),
      );
    }
    const read = routesIn(await readLive(target));
    if (read.kind === "refused") throw new Failure("bad-target", `${target.path}: ${read.problem}`);
    const differs = target.check?.kind === "route-table"
      ? await unlike(call, target.check, read.routes)
      : undefined;
    if (call.json) {
      return call.out.json({
        ...{ bottle_slug: slug, path: target.path },
        routes: read.routes.map(({ host, paths, auth }) => ({
          ...{ host, path_allowlist: paths ?? null, auth: auth ?? null },
        })),
        proxy_differs: differs ?? null,
      });
    }
    print(call, read.routes);
    if (differs) {
      call.out.paragraph(`! ${differs[0]?.toUpperCase()}${differs.slice(1)}.`);
    }
  },
};

/** How long the proxy may take to answer, in milliseconds. */
const ASK_LIMIT_MS = 2_000;

/** What the proxy says otherwise than the file; undefined when both say the same. */
async function unlike(
  call: Call,
  source: Source,
  table: readonly ListedRoute[],
): Promise<string | undefined> {
  using interrupts = call.interrupts();
  const asked = await askTable(source, ASK_LIMIT_MS, interrupts.signal);
  if (asked.kind === "failed") return `the proxy cannot be asked: ${asked.why}`;
  const expected = table.map(({ host, paths }) => ({ host, route: { paths } }));
  const [further, ...more] = furtherHosts(asked.table, table.map(({ host }) => host));
  const also = more.length > 0 ? ` and ${more.length} more` : "";
  const what = difference(asked.table, expected) ??
    (further === undefined ? undefined : `the route table also has ${further}${also}`);
  return what && `the proxy does not have what the file says: ${what}`;
}

function print(call: Call, table: readonly ListedRoute[]): void {
  if (table.length === 0) return call.out.line("No routes: nothing can be reached.");
  const hosts = table.map(({ host }) => visibleLine(host));
  const columns = Math.min(Math.max(...hosts.map(width)), 40);
  for (const [index, { paths, auth }] of table.entries()) {
    const shown = call.flag("full") ? paths : paths?.slice(0, MAX_PATHS);
    const more = (paths?.length ?? 0) - (shown?.length ?? 0);
    const what = [
      ...shown ?? ["every path"],
      ...more > 0 ? [`and ${more} more (--full)`] : [],
      ...auth ? [`with ${auth.scheme} ${auth.token_ref}`] : [],
    ];
    call.out.paragraph(`${pad(hosts[index] ?? "", columns)}  ${what.join(" ")}`);
  }
}
