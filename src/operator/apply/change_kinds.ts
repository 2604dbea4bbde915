/** What an approval changes: for each form of ask the live files, in the order of writing them. */

import { z } from "zod";
import { type AskForm, formOf } from "../../queue/asking_tools.ts";
import { dockerfileNotices } from "../review/dockerfile_hints.ts";
import { parseRoute } from "../review/egress_block.ts";
import { addHost, allowlistNotices, removeHost } from "./allowlist.ts";
import { replaceDockerfile, restoreDockerfile } from "./dockerfile.ts";
import type { Edit, Noticed, Removal, TargetKind } from "./edit.ts";
import { removeRoute } from "./route_removal.ts";
import { addRoute, routeNotices, routeOf } from "./routes.ts";

/** The texts of a bottle's live files, as far as they are known. */
export type Texts = ReadonlyMap<TargetKind, string>;

/** How one live file changes when `approved`, the decided file in its one form, is carried out. */
export interface ChangeKind {
  readonly target: TargetKind;
  add(text: string, approved: string): Edit<unknown>;
  /** What `add` says, without what it makes. */
  look(text: string, approved: string): Noticed;
  /** `others` are the bottle's files as they will be when this one is written. */
  remove(text: string, added: unknown, others: Texts): Removal;
  /** Of which host the route table must say what the file says; none where there is no table. */
  hostOf?(approved: string): string;
  /** The host that the file lets through, if there is one. */
  opens?(approved: string): string;
}

const routes: ChangeKind = {
  target: "routes",
  add: (text, approved) => addRoute(text, parseRoute(approved)),
  look: (text, approved) => routeNotices(text, parseRoute(approved)),
  remove: removeRoute,
  hostOf: (approved) => parseRoute(approved).host,
};

/** The host of a route, which pipelock must let through as well. */
const mirror: ChangeKind = {
  target: "pipelock",
  add: (text, approved) => addHost(text, parseRoute(approved).host),
  look: (text, approved) => allowlistNotices(text, parseRoute(approved).host),
  remove: removeHostUnlessRouted,
  opens: (approved) => parseRoute(approved).host,
};

const allowlist: ChangeKind = {
  target: "pipelock",
  add: (text, approved) => addHost(text, new URL(approved).hostname),
  look: (text, approved) => allowlistNotices(text, new URL(approved).hostname),
  remove: removeHostUnlessRouted,
  opens: (approved) => new URL(approved).hostname,
};

/** Whatever put it there: pipelock must let through what the route table does. */
function removeHostUnlessRouted(text: string, added: unknown, others: Texts): Removal {
  const { host } = hostAdded.parse(added);
  const table = others.get("routes");
  if (table !== undefined && routeOf(table, host)) {
    return { kind: "unchanged", why: `the route table still has ${host}` };
  }
  return removeHost(text, added);
}

const dockerfile: ChangeKind = {
  target: "dockerfile",
  add: addDockerfile,
  look: addDockerfile,
  remove: restoreDockerfile,
};

function addDockerfile(text: string, approved: string): Edit<unknown> {
  const edit = replaceDockerfile(text, approved);
  if (edit.kind !== "changed") return edit;
  return { ...edit, notices: [...edit.notices, ...dockerfileNotices(text, approved)] };
}

const CHANGES: Readonly<Record<AskForm, readonly ChangeKind[]>> = {
  route: [routes, mirror],
  url: [allowlist],
  dockerfile: [dockerfile],
};

/** The first is what the tool is about; without it the others are not made. */
export function changeKindsOf(tool: string): readonly ChangeKind[] {
  const form = formOf(tool);
  return form ? CHANGES[form] : [];
}

const hostAdded = z.object({ host: z.string() });
