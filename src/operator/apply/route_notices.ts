/** What a live route table makes of an addition, which the ask alone does not tell. */

import { isMap, isNode, isScalar } from "yaml";
import type { Notice } from "../review/kind.ts";
import { credentialIn } from "./credential.ts";
import { coveredNotice, mayCover, sameHost } from "./entry_host.ts";
import { type LiveRouteTable, readTable, type RouteEntry } from "./route_table.ts";

/** So many entries, or paths, are named. */
const MAX_NAMED = 5;

/** What is said of whatever is added for `host`, in whichever live file. */
export function reachedNotices(table: LiveRouteTable, host: string): Notice[] {
  const around = table.entries.filter((entry) => mayCover(entry.host, host));
  return [
    ...table.entries.filter((entry) => sameHost(entry.host, host)).flatMap(ownCredential),
    ...patternCredentials(around, host),
    ...defaultsNotices(table),
  ];
}

/** The same of a file that may be none; then nothing is known. */
export function reachedIn(text: string | undefined, host: string): Notice[] {
  const table = text === undefined ? undefined : readTable(text);
  return table?.kind === "table" ? reachedNotices(table, host) : [];
}

/** The other entries that may mean `host` too. */
export function coveredNotices(hosts: readonly string[], host: string): Notice[] {
  const found = hosts.filter((entry) => mayCover(entry, host));
  return found.length > 0 ? [coveredNotice(named(found))] : [];
}

/** What is there already and is opened further by a shorter prefix. */
export function widerNotices(there: readonly string[], added: readonly string[]): Notice[] {
  return added.flatMap((path) => {
    const within = there.filter((one) => one !== path && one.startsWith(path));
    return within.length === 0 ? [] : [{
      label: "OPENS MORE",
      text:
        `the prefix "${path}" covers what the route is limited to now (${named(within)}), and ` +
        "opens all else below it too",
    }];
  });
}

function ownCredential({ host, route }: RouteEntry): Notice[] {
  const found = credentialIn(route);
  return found === undefined ? [] : [inherits(
    `${host} has a credential in the live file (${found}): it is sent with all that is added too`,
  )];
}

/** Proxies differ on whether a pattern's credential goes to a host with an entry of its own. */
function patternCredentials(entries: readonly RouteEntry[], host: string): Notice[] {
  const sending = entries.flatMap((entry) => {
    const found = credentialIn(entry.route);
    return found === undefined ? [] : [{ host: entry.host, found }];
  });
  const [first, ...others] = sending;
  if (!first) return [];
  const more = others.length === 0 ? "" : `; so may, and have: ${named(others.map((o) => o.host))}`;
  return [inherits(
    `${first.host} in the live file may cover ${host} and has a credential (${first.found}): it ` +
      `may be sent with all that is added too${more}`,
  )];
}

/** What stands outside of the routes may be meant for all of them. */
function defaultsNotices({ file }: LiveRouteTable): Notice[] {
  const { document } = file;
  const pairs = isMap(document.contents) ? document.contents.items : [];
  const others = pairs.filter(({ key }) => !(isScalar(key) && key.value === "routes"));
  const rest = Object.fromEntries(others.map(({ key, value }) => [
    isScalar(key) ? String(key.value) : "",
    isNode(value) ? value.toJS(document, { maxAliasCount: 100 }) : value,
  ]));
  const found = credentialIn(rest);
  return found === undefined ? [] : [inherits(
    `outside of its routes the live file has a credential (${found}): it may be sent with all ` +
      "that is added too",
  )];
}

function inherits(text: string): Notice {
  return { label: "INHERITS CREDENTIAL", text };
}

function named(entries: readonly string[]): string {
  const more = entries.length - MAX_NAMED;
  return entries.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
