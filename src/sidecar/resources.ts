/** What an agent may read without asking: its routes, its proposals, its Dockerfile. */

import { setImmediate } from "node:timers";
import type { ProposalChange } from "../queue/changes.ts";
import { formOf } from "../queue/asking_tools.ts";
import type { Inbox, ProposalStanding, Summary } from "../queue/inbox.ts";
import { parseProposalId, type ProposalId } from "../queue/layout.ts";
import { Limit } from "../queue/limit.ts";
import type { Proposal } from "../queue/proposal.ts";
import { whenRoutesUnknown, wordEnd } from "./answer.ts";
import type { CurrentConfig } from "./current_config.ts";
import type { RouteTable } from "./egress/route_table.ts";
import type { ResourceProvider, ResourceRead } from "./mcp/resources.ts";
import { askedForWords, AskReader } from "./session_context/asked.ts";

const ROUTES = "supervise://routes";
const PROPOSALS = "supervise://proposals";
const DOCKERFILE = "supervise://dockerfile";

const ROUTES_RESOURCE = {
  uri: ROUTES,
  name: "routes",
  title: "Allowed hosts",
  description: "The egress proxy's live route table: which hosts you may reach now. " +
    "Announced as changed when an egress-block ask is decided, or what it granted ends.",
  mimeType: "application/json",
};

const PROPOSALS_RESOURCE = {
  uri: PROPOSALS,
  name: "proposals",
  title: "Your asks",
  description:
    "What this bottle has asked the operator for, and under which proposal_id: open asks oldest first, then those " +
    "that were answered lately, newest first.",
  mimeType: "application/json",
};

const DOCKERFILE_RESOURCE = {
  uri: DOCKERFILE,
  name: "dockerfile",
  title: "Current Dockerfile",
  description: "What your container is built from.",
  mimeType: "text/x-dockerfile",
};

const PROPOSAL_TEMPLATE = {
  uriTemplate: `${PROPOSALS}/{proposal_id}`,
  name: "proposal",
  title: "One ask",
  description: "One ask by its proposal_id: what was asked for, where it stands, and the " +
    "operator's answer.",
  mimeType: "application/json",
};

export interface ResourceDependencies {
  readonly inbox: Inbox;
  readonly routes: RouteTable;
  readonly config: CurrentConfig;
  /** The bottle takes asks now. Default: true. */
  readonly mayAsk?: boolean;
}

/** Of so many at the end of the list it is read what they were for: the latest, and what is over. */
const MAX_READ = 150;

/**
 * A Dockerfile, and an ask with the file that it proposes, may have a megabyte, and are several times as
 * much until they are sent: of those at most this many are read at once, and further reads wait.
 */
const MAX_LARGE_READS = 2;

export class SidecarResources implements ResourceProvider {
  readonly templates = [PROPOSAL_TEMPLATE];
  readonly #inbox: Inbox;
  readonly #routes: RouteTable;
  readonly #config: CurrentConfig;
  readonly #asks: AskReader;
  readonly #mayAsk: boolean;
  readonly #largeReads = new Limit(MAX_LARGE_READS);

  constructor({ inbox, routes, config, mayAsk = true }: ResourceDependencies) {
    this.#mayAsk = mayAsk;
    this.#inbox = inbox;
    this.#asks = new AskReader(inbox);
    this.#routes = routes;
    this.#config = config;
  }

  async list() {
    const hasDockerfile = await this.#config.hasDockerfile();
    return [
      ROUTES_RESOURCE,
      PROPOSALS_RESOURCE,
      ...hasDockerfile ? [DOCKERFILE_RESOURCE] : [],
    ];
  }

  async read(uri: string): Promise<ResourceRead> {
    switch (uri) {
      case ROUTES: {
        const read = await this.#routes.read();
        if (read.kind === "table") return contents(ROUTES_RESOURCE, read.text);
        return { kind: "failed", message: read.message + whenRoutesUnknown(this.#mayAsk) };
      }
      case PROPOSALS: {
        const proposals = await this.#listProposals();
        return contents(PROPOSALS_RESOURCE, json({ proposals }));
      }
      case DOCKERFILE: {
        const read = await this.#readLarge(() => this.#config.readDockerfile());
        if (read.kind === "text") return contents(DOCKERFILE_RESOURCE, read.text);
        return read.kind === "absent" ? { kind: "unknown" } : read;
      }
      default: {
        const id = proposalIdOf(uri);
        if (!id) return { kind: "unknown" };
        return await this.#readLarge(() => this.#readProposal(uri, id));
      }
    }
  }

  /** A change of the Dockerfile ends this bottle, so that it is never announced. */
  async announces(uri: string): Promise<boolean> {
    if (uri === ROUTES || uri === PROPOSALS) return true;
    const id = proposalIdOf(uri);
    return id !== undefined && (await this.#inbox.standing(id)).kind !== "unknown";
  }

  /** Each with what it was for: an agent that lost its id must be able to find it. */
  async #listProposals(): Promise<object[]> {
    const list = this.#inbox.list();
    return await Promise.all(list.map(async (summary, index) => {
      const isRead = index >= list.length - MAX_READ;
      const read = isRead ? await this.#asks.read(summary.id) : undefined;
      return listed(summary, read && askedForWords(read));
    }));
  }

  /** The next one begins when the answer to this one has been made into bytes, which takes two turns. */
  #readLarge<T>(read: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#largeReads.run(async () => {
        await read().then(resolve, reject);
        await turn();
        await turn();
      });
    });
  }

  async #readProposal(uri: string, id: ProposalId): Promise<ResourceRead> {
    const proposal = await this.#inbox.proposal(id);
    const standing = await this.#inbox.standing(id);
    if (!proposal || standing.kind === "unknown") return { kind: "unknown" };
    this.#inbox.polled(id);
    return contents({ uri, mimeType: "application/json" }, json(detailed(proposal, standing)));
  }
}

/** The resources that read differently after a change. */
export function changedBy({ kind, id, tool }: ProposalChange): string[] {
  const uris = [PROPOSALS, `${PROPOSALS}/${id}`];
  // The table may follow the decision: who reads it at once may still see the old one.
  const changesRoutes = kind === "decided" || kind === "ended" || kind === "resumed";
  if (changesRoutes && formOf(tool) === "route") uris.push(ROUTES);
  return uris;
}

/** One round of the runtime's event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

function proposalIdOf(uri: string): ProposalId | undefined {
  const prefix = `${PROPOSALS}/`;
  return uri.startsWith(prefix) ? parseProposalId(uri.slice(prefix.length)) : undefined;
}

/** In both forms below a key without a value is left out of the JSON. */
function listed(
  { id, tool, since, status, claimed, notes: words, endedAt, endReason }: Summary,
  askedFor: string | undefined,
) {
  return {
    proposal_id: id,
    uri: `${PROPOSALS}/${id}`,
    tool,
    asked_for: askedFor,
    status,
    since,
    claimed: status === "pending" ? claimed : undefined,
    notes: (endReason ? wordEnd(endReason, words) : words) || undefined,
    ended_at: endedAt || undefined,
  };
}

function detailed(proposal: Proposal, standing: Exclude<ProposalStanding, { kind: "unknown" }>) {
  const { kind, tool, since } = standing;
  const decision = "decision" in standing ? standing.decision : undefined;
  const end = kind === "ended" ? standing.end : undefined;
  return {
    proposal_id: proposal.id,
    tool,
    status: kind === "decided" ? decision?.status : kind,
    was: end && decision?.status,
    claimed: kind === "pending" ? standing.claimed : undefined,
    notes: end ? wordEnd(end.reason, end.notes) : decision?.notes,
    final_file: !end && decision?.status === "modified" ? decision.final_file : undefined,
    ended_at: kind === "pending" ? undefined : standing.endedAt,
    since,
    proposed_file: proposal.proposed_file,
    justification: proposal.justification,
  };
}

function contents(
  { uri, mimeType }: { readonly uri: string; readonly mimeType: string },
  text: string,
): ResourceRead {
  return { kind: "contents", contents: [{ uri, mimeType, text }] };
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}
