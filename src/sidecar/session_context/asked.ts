/** What an agent asked for and why, in short: read from the queue once, and kept without its payload. */

import { formOf } from "../../queue/asking_tools.ts";
import type { Inbox } from "../../queue/inbox.ts";
import type { ProposalId } from "../../queue/layout.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { LIMITS } from "./depth.ts";
import { shown } from "./quoted.ts";

/** All texts are the agent's, as they may be shown. */
export type ShownAsk =
  | {
    readonly kind: "route";
    readonly host: string;
    readonly paths: readonly string[];
    readonly pathsLeftOut: number;
    readonly wantsCredential: boolean;
  }
  /** Of a URL that failed; the rest of it may hold anything. */
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "dockerfile"; readonly lines: number }
  /** Of a tool, or in a form, that is not known here. */
  | { readonly kind: "other" };

export interface AskedFor {
  readonly asked: ShownAsk;
  readonly justification: string;
}

/** More than can be shown at once, of open asks and finished ones. */
const MAX_KEPT = 200;

const { hostBytes, paths: maxPaths, pathBytes, justificationBytes } = LIMITS.deep;

/** A proposal never changes, so that what was read of one stays true. */
export class AskReader {
  readonly #inbox: Pick<Inbox, "proposal">;
  readonly #kept = new Map<ProposalId, Promise<AskedFor | undefined>>();

  constructor(inbox: Pick<Inbox, "proposal">) {
    this.#inbox = inbox;
  }

  /** Undefined where the proposal cannot be read now. */
  read(id: ProposalId): Promise<AskedFor | undefined> {
    const kept = this.#kept.get(id);
    if (kept) return kept;
    const reading = this.#read(id).then((read) => {
      if (!read) this.#kept.delete(id);
      return read;
    });
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= MAX_KEPT) this.#kept.delete(oldest);
    this.#kept.set(id, reading);
    return reading;
  }

  async #read(id: ProposalId): Promise<AskedFor | undefined> {
    const proposal = await this.#inbox.proposal(id).catch(() => undefined);
    return proposal && {
      asked: askedIn(proposal),
      justification: shown(proposal.justification, justificationBytes),
    };
  }
}

/** What was asked for, in one short line; undefined where that is not known. */
export function askedForWords(asked: ShownAsk): string | undefined {
  switch (asked.kind) {
    case "route": {
      const count = asked.paths.length + asked.pathsLeftOut;
      const paths = count === 0 ? "every path" : count === 1 ? "1 path" : `${count} paths`;
      return `${asked.host}, ${paths}${asked.wantsCredential ? ", with a credential" : ""}`;
    }
    case "host":
      return asked.host;
    case "dockerfile":
      return dockerfileWords(asked.lines);
    case "other":
      return undefined;
  }
}

/** A Dockerfile may hold anything, so only its size is told. */
export function dockerfileWords(lines: number): string {
  return `a changed Dockerfile, ${lines} line${lines === 1 ? "" : "s"}`;
}

function askedIn({ tool, proposed_file: text }: Proposal): ShownAsk {
  switch (formOf(tool)) {
    case "route":
      return routeIn(text);
    case "url": {
      const host = URL.parse(text)?.host;
      return host ? { kind: "host", host: shown(host, hostBytes) } : { kind: "other" };
    }
    case "dockerfile":
      return { kind: "dockerfile", lines: lineCount(text) };
    case undefined:
      return { kind: "other" };
  }
}

function routeIn(text: string): ShownAsk {
  const route = parsed(text);
  if (typeof route !== "object" || route === null || !("host" in route)) return { kind: "other" };
  if (typeof route.host !== "string") return { kind: "other" };
  const listed: unknown = "path_allowlist" in route ? route.path_allowlist : undefined;
  const paths = Array.isArray(listed) ? listed.filter((path) => typeof path === "string") : [];
  return {
    kind: "route",
    host: shown(route.host, hostBytes),
    paths: paths.slice(0, maxPaths).map((path) => shown(path, pathBytes)),
    pathsLeftOut: Math.max(0, paths.length - maxPaths),
    wantsCredential: "auth" in route && Boolean(route.auth),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function lineCount(text: string): number {
  let count = text === "" || text.endsWith("\n") ? 0 : 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
