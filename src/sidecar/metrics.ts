/**
 * What the sidecar counts, and `GET /metrics`, which shows it in Prometheus' text form. Apart, and
 * imported only where it is switched on, since the library takes memory and time to load.
 */

import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ProposalChange } from "../queue/changes.ts";
import type { PageAnswer } from "./http/page.ts";
import type { RequestRecord } from "./http/request_record.ts";
import type { AskOutcome } from "./propose.ts";

export interface MetricsOptions {
  readonly version: string;
  /** The MCP methods that can be called, and `batch`. */
  readonly methods: Iterable<string>;
  /** The paths of plain pages, each with its slash. */
  readonly pages: Iterable<string>;
  /** The tools that ask. */
  readonly tools: Iterable<string>;
  /** Undecided proposals, read at each scrape. */
  readonly pending: () => number;
  /** Calls that wait for the operator, read at each scrape. */
  readonly waiting: () => number;
}

export type CountedRequest = Pick<RequestRecord, "path" | "mcpMethod" | "outcome">;

export type CountedChange = Pick<ProposalChange, "kind" | "since" | "decidedAt">;

const REQUEST_OUTCOMES = allOf<RequestRecord["outcome"]>({
  ok: 0,
  "tool-error": 0,
  error: 0,
  left: 0,
});

const ASK_OUTCOMES = allOf<AskOutcome>({
  "queued": 0,
  "joined": 0,
  "already-allowed": 0,
  "shadow": 0,
  "rate-limited": 0,
  "queue-full": 0,
  "too-large": 0,
  "unwritable": 0,
  "too-many-waiting": 0,
  "readonly": 0,
  "shadow-full": 0,
});

/** What stands for a method, path or tool that is in no list, so that no client can make series. */
const OTHER = "other";

/** A person takes from seconds to days. */
const DECISION_BUCKETS_SECONDS = [1, 5, 15, 30, 60, 300, 900, 3_600, 14_400, 86_400];

/** A file may say that its ask is as old as time; the sum must stay of use. 30 days. */
const MAX_DECISION_SECONDS = 2_592_000;

export class Metrics {
  readonly #registry = new Registry();
  readonly #methods: ReadonlySet<string>;
  readonly #pages: ReadonlySet<string>;
  readonly #tools: ReadonlySet<string>;
  readonly #requests: Counter<"method" | "outcome">;
  readonly #asks: Counter<"tool" | "outcome">;
  readonly #decisions: Histogram;
  readonly #queueErrors: Counter;

  constructor(options: MetricsOptions) {
    const registers = [this.#registry];
    this.#methods = new Set(options.methods);
    this.#pages = new Set(options.pages);
    this.#tools = new Set(options.tools);
    this.#requests = new Counter({
      name: "supervise_requests_total",
      help: "HTTP requests that are over, by MCP method or path of a page, and what they came to.",
      labelNames: ["method", "outcome"],
      registers,
    });
    this.#asks = new Counter({
      name: "supervise_asks_total",
      help: "Valid asks of agents, by tool and what became of them at once.",
      labelNames: ["tool", "outcome"],
      registers,
    });
    new Gauge({
      name: "supervise_waiting_calls",
      help: "Calls that wait for the operator.",
      registers,
      collect() {
        this.set(options.waiting());
      },
    });
    new Gauge({
      name: "supervise_pending_proposals",
      help: "Proposals that the operator has not decided.",
      registers,
      collect() {
        this.set(options.pending());
      },
    });
    this.#decisions = new Histogram({
      name: "supervise_decision_seconds",
      help: "Time from the arrival of an ask to the operator's decision.",
      buckets: DECISION_BUCKETS_SECONDS,
      registers,
    });
    this.#queueErrors = new Counter({
      name: "supervise_queue_errors_total",
      help: "Failures to write to the queue directory, or to read what is in it.",
      registers,
    });
    new Gauge({
      name: "supervise_build_info",
      help: "Always 1; the label says which version runs.",
      labelNames: ["version"],
      registers,
    }).set({ version: options.version }, 1);
    this.#beginAtZero();
  }

  /** Counts a request that is over. */
  observeRequest({ path, mcpMethod, outcome }: CountedRequest): void {
    this.#requests.inc({ method: this.#methodOf(path, mcpMethod), outcome });
  }

  /** Measures a decision; other changes are not. A time that cannot be is brought into bounds. */
  observeChange({ kind, since, decidedAt = "" }: CountedChange): void {
    if (kind !== "decided") return;
    const seconds = (Date.parse(decidedAt) - Date.parse(since)) / 1_000;
    if (Number.isNaN(seconds)) return;
    this.#decisions.observe(Math.min(Math.max(seconds, 0), MAX_DECISION_SECONDS));
  }

  /** Counts an ask once it is known what becomes of it. */
  countAsk(tool: string, outcome: AskOutcome): void {
    this.#asks.inc({ tool: this.#tools.has(tool) ? tool : OTHER, outcome });
  }

  countQueueError(): void {
    this.#queueErrors.inc();
  }

  /** The text for one scrape. */
  async page(): Promise<PageAnswer> {
    const text = await this.#registry.metrics();
    return { status: 200, contentType: this.#registry.contentType, text };
  }

  #methodOf(path: string, mcpMethod: string | undefined): string {
    if (mcpMethod === undefined) return this.#pages.has(path) ? path : OTHER;
    return this.#methods.has(mcpMethod) ? mcpMethod : OTHER;
  }

  /** A series that begins with its first event hides it: the increase of what was not there is 0. */
  #beginAtZero(): void {
    for (const method of [...this.#methods, ...this.#pages, OTHER]) {
      for (const outcome of REQUEST_OUTCOMES) this.#requests.inc({ method, outcome }, 0);
    }
    for (const tool of this.#tools) {
      for (const outcome of ASK_OUTCOMES) this.#asks.inc({ tool, outcome }, 0);
    }
  }
}

/** All outcomes of a type: one that is left out does not compile. */
function allOf<Outcome extends string>(outcomes: Readonly<Record<Outcome, 0>>): Outcome[] {
  return Object.keys(outcomes) as Outcome[];
}
