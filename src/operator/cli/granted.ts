/** Who let a bottle reach what its routes file lists: each route with the approvals that added it. */

import { sameHost } from "../apply/entry_host.ts";
import type { ListedRoute } from "../apply/routes.ts";
import type { Entry } from "../audit/chain.ts";
import type { History, Origin } from "../audit/origins.ts";
import { visibleLine } from "../visible.ts";
import { cut } from "../columns.ts";
import { instant } from "../when.ts";
import { shorten } from "./short_id.ts";

/** Some paths of a route, or all of it, with the approval that added them. */
export interface Grant {
  /** Undefined for the whole host. */
  readonly paths: readonly string[] | undefined;
  /** Undefined: no approval of this log, so it was put there by hand. */
  readonly origin: Origin | undefined;
}

export interface GrantedRoute {
  readonly route: ListedRoute;
  readonly grants: readonly Grant[];
  /** The approval that gave the route its secret, if it has one. */
  readonly authOrigin: Origin | undefined;
}

/** Of a path that several approvals added, the last one counts. */
export function grantedRoute(route: ListedRoute, history: History): GrantedRoute {
  const { host, paths, auth } = route;
  const origins = history.origins.filter((origin) => sameHost(origin.host, host));
  const authOrigin = auth &&
    origins.find((origin) =>
      origin.auth?.scheme === auth.scheme && origin.auth.token_ref === auth.token_ref
    );
  if (!paths) {
    const origin = origins.find((origin) => origin.paths === undefined);
    return { route, grants: [{ paths, origin }], authOrigin };
  }
  const groups = new Map<Origin | undefined, string[]>();
  for (const path of paths) {
    const origin = origins.find((origin) => origin.paths?.includes(path));
    groups.set(origin, [...groups.get(origin) ?? [], path]);
  }
  const grants = [...groups].map(([origin, paths]): Grant => ({ paths, origin }));
  return { route, grants: grants.length > 0 ? grants : [{ paths, origin: undefined }], authOrigin };
}

/** What an agent or an operator wrote is cut to this much; `--full` and `--json` have all. */
const MAX_WORDS_COLUMNS = 120;

/**
 * `since 2026-11-28 12:00Z, alice (cli, 1a2b3c4d): for a week; the agent: to read the issues`. What
 * the agent wrote comes last, so that none of it can pass for the operator's words.
 */
export function sinceWhen({ origin }: Grant, slug: string, isFull: boolean): string {
  if (!origin) return "by hand";
  const { at, who, face = "cli", proposal_id, slug: bottle, justification, notes } = origin.entry;
  const words = (text: string) =>
    cut(
      visibleLine(text.trim().replaceAll(/\s*\n\s*/g, " ")),
      isFull ? Infinity : MAX_WORDS_COLUMNS,
    );
  const where = bottle === slug ? "" : `, for bottle ${visibleLine(bottle)}`;
  const said = notes ? `: ${words(notes)}` : "";
  const why = justification ? `; the agent: ${words(justification)}` : "";
  const time = instant(at).replace("T", " ").replace(/:\d\dZ$/, "Z");
  return `since ${time}, ${visibleLine(who)} (${face}, ${
    shorten(proposal_id)
  }${where})${said}${why}`;
}

/** A contract with scripts. */
export function grantRecord({ paths, origin }: Grant) {
  if (!origin) return { path_allowlist: paths ?? null, by_hand: true };
  return {
    ...{ path_allowlist: paths ?? null, by_hand: false, ...approvalRecord(origin.entry) },
    file_changed_since: origin.isChangedSince,
  };
}

function approvalRecord(entry: Entry) {
  return {
    ...{ since: entry.at, who: entry.who, face: entry.face ?? null },
    ...{ bottle_slug: entry.slug, proposal_id: entry.proposal_id, status: entry.status ?? null },
    ...{ justification: entry.justification ?? null, notes: entry.notes ?? null },
  };
}
