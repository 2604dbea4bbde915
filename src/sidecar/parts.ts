/** Puts the sidecar's parts together, apart from the process they run in and the faces they serve. */

import type { Inbox } from "../queue/inbox.ts";
import { PROCESSED_DIRECTORY, SHADOW_DIRECTORY } from "../queue/layout.ts";
import type { ShadowLog } from "../queue/shadow.ts";
import { CurrentConfig } from "./current_config.ts";
import { alreadyAllowedBy } from "./egress/already_allowed.ts";
import { RecentRoutes } from "./egress/recent_routes.ts";
import { ProxiedRouteTable } from "./egress/route_table.ts";
import { createHealthz } from "./healthz.ts";
import type { PageAnswer, PlainPage } from "./http/page.ts";
import type { RequestRecord } from "./http/request_record.ts";
import { instructions } from "./instructions.ts";
import { McpServer } from "./mcp/server.ts";
import { ProposalTasks } from "./proposal_tasks.ts";
import { type AskOutcome, Proposer } from "./propose.ts";
import { QueueHealth } from "./queue_health.ts";
import { RateLimit } from "./rate_limit.ts";
import { changedBy, SidecarResources } from "./resources.ts";
import { createSessionContext } from "./session_context/session_context.ts";
import type { Settings } from "./settings.ts";
import { createTools, showOnly } from "./tools/mod.ts";

const SERVER_NAME = "bot-bottle-supervise";

const OFF: PageAnswer = {
  status: 404,
  contentType: "text/plain; charset=utf-8",
  text: "off: set SUPERVISE_METRICS=1\n",
};

export interface PartsOptions {
  readonly settings: Settings;
  readonly inbox: Inbox;
  /** On a trial run: where asks are recorded. */
  readonly shadow: ShadowLog | undefined;
  readonly version: string;
  readonly log: (line: string) => void;
  readonly onDefect: (error: unknown) => void;
}

export interface Parts {
  readonly server: McpServer;
  /** Plain pages, by path. */
  readonly pages: ReadonlyMap<string, PlainPage>;
  /** Wants to be told of each HTTP request; undefined: nothing counts them. */
  readonly countRequest: ((record: RequestRecord) => void) | undefined;
  countQueueError(): void;
}

export async function createParts(options: PartsOptions): Promise<Parts> {
  const { settings, inbox, shadow, version, log, onDefect } = options;
  const { slug, mode, queueDirectory, responseTimeoutSeconds: timeoutSeconds } = settings;
  const isReadonly = mode === "readonly";
  const { Metrics } = settings.metrics && settings.transport === "http"
    ? await import("./metrics.ts")
    : {};

  const onAsk = (tool: string, outcome: AskOutcome) => {
    metrics?.countAsk(tool, outcome);
    if (outcome === "unwritable") metrics?.countQueueError();
  };
  const proposer = new Proposer({
    inbox,
    timeoutSeconds,
    progressSeconds: settings.keepAliveSeconds,
    maxWaiting: settings.maxWaiting,
    // A trial run interrupts no person, and is useless when asks are missing; its record has caps.
    rateLimit: shadow ? undefined : new RateLimit(settings.rateLimitPerMinute),
    shadow,
    onAsk,
    log,
  });
  const routes = new ProxiedRouteTable({
    proxy: settings.egressProxy,
    url: settings.egressIntrospectUrl,
  });
  const recentRoutes = new RecentRoutes(routes);
  const alreadyAllowed = alreadyAllowedBy(recentRoutes);
  const tools = createTools({ proposer, inbox, routes, alreadyAllowed, shadow, mode });
  const config = new CurrentConfig(settings.currentConfigDirectory);
  const server = new McpServer({
    info: { name: SERVER_NAME, version },
    instructions: instructions(timeoutSeconds, mode),
    tools: isReadonly ? showOnly(tools, (tool) => onAsk(tool, "readonly")) : tools,
    resources: new SidecarResources({ inbox, routes, config, mayAsk: !isReadonly }),
    tasks: new ProposalTasks(inbox, { mayCancel: !isReadonly, mayAsk: mode === "live" }),
    onDefect,
  });

  const pending = () => inbox.pending;
  const waiting = () => proposer.waiting;
  const health = new QueueHealth({
    directory: queueDirectory,
    ...shadow ? { below: [PROCESSED_DIRECTORY, SHADOW_DIRECTORY] } : {},
  });
  const pages = new Map<string, PlainPage>([
    ["/healthz", createHealthz({ version, checkQueue: () => health.check(), pending, waiting })],
    [
      "/session-context",
      createSessionContext({ slug, mode, inbox, routes: recentRoutes, timeoutSeconds }),
    ],
  ]);
  const metrics = Metrics && new Metrics({
    version,
    methods: server.methodNames,
    pages: [...pages.keys(), "/health", "/metrics"],
    tools: tools.filter(({ annotations }) => !annotations.readOnlyHint).map(({ name }) => name),
    pending,
    waiting,
  });
  pages.set("/metrics", metrics ? () => metrics.page() : () => OFF);

  inbox.onChange((change) => {
    metrics?.observeChange(change);
    server.announce({ kind: "task-changed", taskId: change.id });
    for (const uri of changedBy(change)) server.announce({ kind: "resource-updated", uri });
  });
  return {
    server,
    pages,
    countRequest: metrics && ((record) => metrics.observeRequest(record)),
    countQueueError: () => metrics?.countQueueError(),
  };
}
