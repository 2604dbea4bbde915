/** Adds a host to pipelock's `api_allowlist`, and takes it back. */

import { isScalar } from "yaml";
import { z } from "zod";
import type { Notice } from "../review/kind.ts";
import { REFORMATTED, UNKNOWN_ADDITION } from "./added_route.ts";
import type { Edit, Noticed, Removal } from "./edit.ts";
import { coveredNotice, covers, sameHost } from "./entry_host.ts";
import { exactEdit, exactEditOf, takenBack } from "./exact.ts";
import { coveredNotices } from "./route_notices.ts";
import type { YamlChange } from "./yaml_change.ts";
import { editYaml, readYaml, refused, type YamlFile } from "./yaml_file.ts";
import { spliced } from "./yaml_splice.ts";
import { adorned, listAt } from "./yaml_strict.ts";

const KEY = "api_allowlist";

const addedHost = z.object({ host: z.string().min(1), exact: exactEdit });

type AddedHost = z.infer<typeof addedHost>;

interface Allowlist {
  readonly kind: "allowlist";
  readonly file: YamlFile;
  readonly hosts: readonly { readonly host: string; readonly line: number }[];
}

/** `host` as a URL parser gives it: lower case, IPv6 in brackets. */
export function addHost(text: string, host: string): Edit<AddedHost> {
  const addition = additionOf(text, host);
  if ("kind" in addition) return addition;
  const { file, change, notices } = addition;
  const edited = editYaml(file, change);
  if (edited.kind === "refused") return edited;
  return {
    kind: "changed",
    after: edited.after,
    added: { host, exact: exactEditOf(text, edited.after) },
    notices: [...notices, ...edited.reformatted ? [REFORMATTED] : []],
  };
}

/** What {@linkcode addHost} says, of many hosts and one text fast. */
export function allowlistNotices(text: string, host: string): Noticed {
  const addition = additionOf(text, host);
  if ("kind" in addition) return addition;
  const { file, change, notices } = addition;
  const isPlain = spliced(text, file.document, change) !== undefined;
  return { kind: "changed", notices: [...notices, ...isPlain ? [] : [REFORMATTED]] };
}

function additionOf(
  text: string,
  host: string,
):
  | { file: YamlFile; change: YamlChange; notices: Notice[] }
  | Exclude<
    Edit<never>,
    { kind: "changed" }
  > {
  const list = readAllowlist(text);
  if (list.kind === "refused") return list;
  const { file, hosts } = list;
  if (hosts.some((entry) => sameHost(entry.host, host))) {
    return { kind: "unchanged", notices: [] };
  }
  const pattern = hosts.find((entry) => entry.host.startsWith("*.") && covers(entry.host, host));
  if (pattern) return { kind: "unchanged", notices: [coveredNotice(pattern.host)] };
  return {
    file,
    change: hosts.length > 0
      ? { kind: "append", to: [KEY], values: [host] }
      : { kind: "put", to: [], key: KEY, value: [host] },
    notices: coveredNotices(hosts.map((entry) => entry.host), host),
  };
}

/** Takes the host back, if the list still has it. */
export function removeHost(text: string, added: unknown): Removal {
  const parsed = addedHost.safeParse(added);
  if (!parsed.success) return refused(UNKNOWN_ADDITION);
  const { host, exact } = parsed.data;
  const before = takenBack(text, exact);
  if (before !== undefined) return { kind: "changed", after: before, notices: [] };
  const list = readAllowlist(text);
  if (list.kind === "refused") return list;
  const found = list.hosts.flatMap((entry, index) =>
    sameHost(entry.host, host) ? [{ ...entry, index }] : []
  );
  if (found.length === 0) return { kind: "unchanged", why: `${KEY} does not have ${host}` };
  if (found.length > 1) {
    return refused(
      `${host} is in ${KEY} more than once, in lines ${
        found.map(({ line }) => line).join(" and ")
      }: it is not clear which one was added`,
    );
  }
  const indexes = found.map(({ index }) => index);
  const edited = editYaml(list.file, { kind: "removeItems", from: [KEY], indexes });
  if (edited.kind === "refused") return edited;
  const notices: Notice[] = edited.reformatted ? [REFORMATTED] : [];
  if (list.hosts.length === 1) {
    notices.push({ label: "EMPTY LIST", text: `${host} was the last host of ${KEY}` });
  }
  return { kind: "changed", after: edited.after, notices };
}

/** Remembers the last text: of many asks of a bottle each is about the same. */
function readAllowlist(text: string): Allowlist | ReturnType<typeof refused> {
  if (latest?.text !== text) latest = { text, list: allowlistOf(text) };
  return latest.list;
}

let latest: { readonly text: string; readonly list: ReturnType<typeof allowlistOf> } | undefined;

function allowlistOf(text: string): Allowlist | ReturnType<typeof refused> {
  const file = readYaml(text);
  if (file.kind === "refused") return file;
  const list = listAt(file, KEY, "a list of hosts");
  if ("kind" in list) return list;
  const hosts: { host: string; line: number }[] = [];
  for (const item of list) {
    const oddItem = adorned(file, item, "a host");
    if (oddItem) return oddItem;
    if (!isScalar(item) || typeof item.value !== "string") {
      return refused(
        `line ${file.line(item)}: ${KEY} must hold strings only, in quotes where they ` +
          "look like something else",
      );
    }
    hosts.push({ host: item.value, line: file.line(item) });
  }
  return { kind: "allowlist", file, hosts };
}
