/** What an agent asked for and why, in short: read from the queue once, and kept without its payload. */

import { z } from "zod";
import { formOf } from "../../queue/asking_tools.ts";
import type { Inbox } from "../../queue/inbox.ts";
import type { ProposalId } from "../../queue/layout.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { LIMITS } from "./depth.ts";
import { shown } from "./quoted.ts";

/** All texts are the agent's, as they may be shown; of a tool that is not known here none are told. */
export interface AskedFor extends Content {
  readonly justification: string;
}

interface Content {
  /** Of a route, or of a URL that failed, of which the rest may hold anything. */
  readonly host?: string | undefined;
  readonly paths: readonly string[];
  /** With those that are too many to be told. */
  readonly pathCount: number;
  readonly isRoute?: boolean;
  readonly wantsCredential?: boolean;
  /** Of a Dockerfile. */
  readonly lines?: number;
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
      ...contentOf(proposal),
      justification: shown(proposal.justification, justificationBytes),
    };
  }
}

/** What was asked for, in one short line; undefined where that is not known. */
export function askedForWords(asked: AskedFor): string | undefined {
  const { host, pathCount, isRoute, wantsCredential, lines } = asked;
  if (lines !== undefined) return dockerfileWords(lines);
  if (host === undefined || !isRoute) return host;
  const paths = pathCount === 0 ? "every path" : pathCount === 1 ? "1 path" : `${pathCount} paths`;
  return `${host}, ${paths}${wantsCredential ? ", with a credential" : ""}`;
}

/** A Dockerfile may hold anything, so only its size is told. */
export function dockerfileWords(lines: number): string {
  return `a changed Dockerfile, ${lines} line${lines === 1 ? "" : "s"}`;
}

/** Of a tool, or in a form, that is not known here. */
const NOTHING: Content = { paths: [], pathCount: 0 };

function contentOf({ tool, proposed_file: text }: Proposal): Content {
  switch (formOf(tool)) {
    case "route":
      return routeIn(text);
    case "url": {
      const host = URL.parse(text)?.host;
      return host ? { ...NOTHING, host: shown(host, hostBytes) } : NOTHING;
    }
    case "dockerfile":
      return { ...NOTHING, lines: lineCount(text) };
    case undefined:
      return NOTHING;
  }
}

/** A bottle can write any text. */
const writtenRoute = z.object({
  host: z.string(),
  path_allowlist: z.array(z.unknown()).catch([]),
  auth: z.unknown().optional(),
});

function routeIn(text: string): Content {
  const { success, data } = writtenRoute.safeParse(parsed(text));
  if (!success) return NOTHING;
  const paths = data.path_allowlist.filter((path) => typeof path === "string");
  return {
    host: shown(data.host, hostBytes),
    paths: paths.slice(0, maxPaths).map((path) => shown(path, pathBytes)),
    pathCount: paths.length,
    isRoute: true,
    wantsCredential: Boolean(data.auth),
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
