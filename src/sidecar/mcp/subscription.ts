/** One `subscriptions/listen`: what it hears of, and how it is told (basic/patterns/subscriptions). */

import type { RequestId } from "../jsonrpc/message.ts";
import type { Call } from "./exchange.ts";
import { SUBSCRIPTION_ID } from "./meta.ts";
import { type Context, type MethodAnswer, result } from "./method.ts";
import type { Revision } from "./revisions.ts";
import { detailsOf, seedOf, type Task } from "./task.ts";

/** What a list is a list of. */
export type ListKind = "tools" | "prompts" | "resources";

export const LIST_FILTERS = {
  tools: "toolsListChanged",
  prompts: "promptsListChanged",
  resources: "resourcesListChanged",
} as const;

export type Announcement =
  | { readonly kind: "list-changed"; readonly list: ListKind }
  | { readonly kind: "resource-updated"; readonly uri: string }
  | { readonly kind: "task-changed"; readonly taskId: string };

/** What a client wants to hear of, or what of that it will. */
export interface SubscriptionFilter {
  readonly lists: readonly ListKind[];
  readonly uris: readonly string[];
  readonly taskIds: readonly string[];
}

export class Subscription {
  /** Settles when it is over. */
  readonly answer: Promise<MethodAnswer>;
  readonly #id: RequestId;
  readonly #call: Call;
  readonly #revision: Revision;
  readonly #onOver: () => void;
  readonly #resolve: (answer: MethodAnswer) => void;
  #lists: ReadonlySet<ListKind>;
  #uris: ReadonlySet<string>;
  /** What was last told of each task: a thing is told once. */
  #tasks: Map<string, string>;
  /** What happened before it was acknowledged, each once; undefined from then on. */
  #held: Map<string, Announcement> | undefined = new Map();
  #isOver = false;

  /** `wanted`: what it may come to hear of. `onOver` is called once. */
  constructor(context: Context, call: Call, wanted: SubscriptionFilter, onOver: () => void) {
    const { promise, resolve } = Promise.withResolvers<MethodAnswer>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#id = context.id;
    this.#revision = context.revision;
    this.#call = call;
    this.#onOver = onOver;
    this.#lists = new Set(wanted.lists);
    this.#uris = new Set(wanted.uris);
    this.#tasks = new Map(wanted.taskIds.map((id) => [id, ""]));
    call.onLeave(() => this.#finish({ kind: "silence" }));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isAcknowledged(): boolean {
    return this.#held === undefined;
  }

  /** Whether it is to be told now. Before it is acknowledged it keeps what it would be told. */
  hears(announcement: Announcement): boolean {
    if (this.#isOver || !this.#concerns(announcement)) return false;
    this.#held?.set(JSON.stringify(announcement), announcement);
    return this.#held === undefined;
  }

  /** Says what it will hear of, and returns what of that has happened meanwhile. */
  acknowledge({ lists, uris, taskIds }: SubscriptionFilter): Announcement[] {
    this.#lists = new Set(lists);
    this.#uris = new Set(uris);
    this.#tasks = new Map(taskIds.map((id) => [id, ""]));
    this.#send("notifications/subscriptions/acknowledged", {
      notifications: {
        ...Object.fromEntries(lists.map((list) => [LIST_FILTERS[list], true])),
        ...uris.length > 0 ? { resourceSubscriptions: uris } : {},
        ...taskIds.length > 0 ? { taskIds } : {},
      },
    });
    const held = [...this.#held?.values() ?? []];
    this.#held = undefined;
    return held.filter((announcement) => this.#concerns(announcement));
  }

  tellListChanged(list: ListKind): void {
    this.#send(`notifications/${list}/list_changed`, {});
  }

  tellResourceUpdated(uri: string): void {
    this.#send("notifications/resources/updated", { uri });
  }

  /** Tells of its state now. Changes that come close together are seen, and told, as one. */
  tellTask(task: Task): void {
    const state = JSON.stringify(seedOf(task));
    if (this.#tasks.get(task.taskId) === state) return;
    this.#tasks.set(task.taskId, state);
    this.#send("notifications/tasks", detailsOf(task, this.#revision));
  }

  /** Ends it in order. Where one channel is shared no stream ends, so a notification says it. */
  end(): void {
    if (this.#isOver) return;
    const _meta = { [SUBSCRIPTION_ID]: this.#id };
    if (this.#call.sharesChannel) {
      this.#call.notify("notifications/cancelled", { requestId: this.#id, _meta }, true);
    }
    this.#finish(result({ _meta }));
  }

  #concerns(announcement: Announcement): boolean {
    switch (announcement.kind) {
      case "list-changed":
        return this.#lists.has(announcement.list);
      case "resource-updated":
        return this.#uris.has(announcement.uri);
      case "task-changed":
        return this.#tasks.has(announcement.taskId);
    }
  }

  /**
   * A slow reader is let go, and reads again when it subscribes again. A stream of its own
   * ends then; on a shared channel it has to be told.
   */
  #send(method: string, params: object): void {
    if (this.#isOver) return;
    const _meta = { [SUBSCRIPTION_ID]: this.#id };
    if (this.#call.notify(method, { ...params, _meta })) return;
    if (this.#call.sharesChannel) this.end();
    else this.#call.leave();
  }

  #finish(answer: MethodAnswer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#call.onLeave(undefined);
    this.#onOver();
    this.#resolve(answer);
  }
}
