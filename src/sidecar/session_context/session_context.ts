/** `GET /session-context`: what a host that cannot be pushed to puts into its system prompt. */

import type { Inbox } from "../../queue/inbox.ts";
import type { Slug } from "../../queue/layout.ts";
import type { RecentRoutes } from "../egress/recent_routes.ts";
import type { PageAnswer } from "../http/page.ts";
import type { Mode } from "../settings.ts";
import { AskReader } from "./asked.ts";
import { DEPTHS } from "./depth.ts";
import { gather } from "./gather.ts";
import { shownOnce } from "./quoted.ts";
import { textForm } from "./text_form.ts";

export interface SessionContextOptions {
  readonly slug: Slug;
  readonly mode: Mode;
  readonly inbox: Pick<Inbox, "list" | "proposal">;
  readonly routes: Pick<RecentRoutes, "read">;
  /** How long a call waits for the operator, in seconds. */
  readonly timeoutSeconds: number;
  readonly now?: () => Date;
  /** How long a page waits for the proxy, in milliseconds. Default: {@linkcode TABLE_WAIT_MS}. */
  readonly tableWaitMs?: number;
}

/** A prompt must not hang on a proxy that is down. */
export const TABLE_WAIT_MS = 250;

const FORMATS = ["json", "text"] as const;

/** The longest value that is shown when it is wrong, in bytes. */
const SHOWN_VALUE_BYTES = 60;

/** More of it is not looked at, in UTF-16 units: the agent's texts must not cost time. */
const LOOKED_AT_VALUE_UNITS = 100;

/**
 * The page. It takes `format` (json, text) and `depth` (minimal, standard, deep; at most 1, 8 and
 * 32 KiB); of one that is repeated the first counts, and others are ignored. What the
 * proxy does not say in time is told as it was, or as not known.
 */
export function createSessionContext(
  options: SessionContextOptions,
): (query: URLSearchParams) => Promise<PageAnswer> {
  const { now = () => new Date(), tableWaitMs = TABLE_WAIT_MS } = options;
  const sources = { ...options, tableWaitMs, asks: new AskReader(options.inbox) };
  return async (query) => {
    const format = choose(query, "format", FORMATS, "json");
    if (typeof format === "object") return format;
    const depth = choose(query, "depth", DEPTHS, "standard");
    if (typeof depth === "object") return depth;
    const context = await gather(sources, depth, now());
    return format === "json"
      ? { status: 200, contentType: "application/json", text: `${JSON.stringify(context)}\n` }
      : { status: 200, contentType: "text/plain; charset=utf-8", text: textForm(context) };
  };
}

/** One of the choices, or the answer that says which there are. */
function choose<Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly Choice[],
  fallback: Choice,
): Choice | PageAnswer {
  const given = query.get(name) ?? fallback;
  const chosen = choices.find((choice) => choice === given);
  if (chosen !== undefined) return chosen;
  const error = `${name} must be one of ${choices.join(", ")} (got ${
    JSON.stringify(shownOnce(given, SHOWN_VALUE_BYTES, LOOKED_AT_VALUE_UNITS))
  })`;
  return { status: 400, contentType: "application/json", text: JSON.stringify({ error }) + "\n" };
}
