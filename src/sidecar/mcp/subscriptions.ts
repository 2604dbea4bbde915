/** `subscriptions/listen`: one long answer that announces changes (basic/patterns/subscriptions). */

import { INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST } from "../jsonrpc/errors.ts";
import { isObject, type RequestId } from "../jsonrpc/message.ts";
import type { Call } from "./exchange.ts";
import { SUBSCRIPTION_ID, TASKS_EXTENSION } from "./meta.ts";
import {
  type Context,
  failure,
  type Method,
  type MethodAnswer,
  missingCapability,
  result,
} from "./method.ts";
import type { ResourceProvider } from "./resources.ts";
import type { Revision } from "./revisions.ts";
import { detailsOf, seedOf, TASKS_REQUIRED, type TaskStore } from "./task.ts";

/** More subscriptions than this at once are refused. */
export const MAX_SUBSCRIPTIONS = 256;

/** One subscription names at most this many resources, and as many tasks. */
const MAX_NAMED = 256;

/** What a list is a list of. */
export type ListKind = "tools" | "prompts" | "resources";

const LIST_FILTERS = {
  tools: "toolsListChanged",
  prompts: "promptsListChanged",
  resources: "resourcesListChanged",
} as const;

export type Announcement =
  | { readonly kind: "list-changed"; readonly list: ListKind }
  | { readonly kind: "resource-updated"; readonly uri: string }
  | { readonly kind: "task-changed"; readonly taskId: string };

export interface SubscriptionOptions {
  /** The lists whose changes will be announced. */
  readonly lists: readonly ListKind[];
  readonly resources?: ResourceProvider | undefined;
  readonly tasks?: TaskStore | undefined;
  readonly onDefect: (error: unknown) => void;
}

interface Subscription {
  readonly id: RequestId;
  readonly call: Call;
  readonly revision: Revision;
  readonly lists: ReadonlySet<ListKind>;
  readonly uris: ReadonlySet<string>;
  /** The tasks that were asked for, and what was last told of each: a thing is told once. */
  readonly tasks: Map<string, string>;
  readonly finish: (answer: MethodAnswer) => void;
}

/** All open subscriptions. Nothing is kept for a client that has gone: it reads anew when it is back. */
export class Subscriptions {
  readonly #options: SubscriptionOptions;
  readonly #open = new Set<Subscription>();
  #count = 0;
  #closed = false;
  /** One thing after the other, so that nobody hears of a change before it subscribed, or twice. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Tells everybody who asked for it. */
  announce(announcement: Announcement): void {
    if (this.#count === 0) return;
    this.#queue(() => this.#deliver(announcement));
  }

  /** Ends all of them in order; later ones end at once. */
  close(): void {
    this.#closed = true;
    this.#queue(() => {
      for (const subscription of this.#open) this.#end(subscription);
    });
  }

  get method(): Method {
    return {
      name: "subscriptions/listen",
      eras: "modern",
      handle: (params, context) => this.#listen(params["notifications"], context),
    };
  }

  #listen(filter: unknown, context: Context): MethodAnswer | Promise<MethodAnswer> {
    if (!isObject(filter)) {
      return failure(INVALID_PARAMS, "subscriptions/listen 'notifications' must be an object");
    }
    const uris = names(filter["resourceSubscriptions"]);
    const taskIds = names(filter["taskIds"]);
    if (!uris || !taskIds) {
      return failure(
        INVALID_PARAMS,
        `'resourceSubscriptions' and 'taskIds' must be arrays of at most ${MAX_NAMED} strings`,
      );
    }
    if (filter["taskIds"] !== undefined && !context.declares(TASKS_EXTENSION)) {
      return missingCapability(TASKS_REQUIRED, "'taskIds' needs the Tasks extension");
    }
    if (!context.exchange.peer.mayStream) {
      return failure(
        INVALID_REQUEST,
        "subscriptions/listen answers with a stream: send Accept: text/event-stream",
        undefined,
        406,
      );
    }
    if (this.#count >= MAX_SUBSCRIPTIONS) {
      return failure(
        INTERNAL_ERROR,
        `${MAX_SUBSCRIPTIONS} subscriptions are open and that is the limit: close one first`,
      );
    }
    return this.#begin(filter, uris, taskIds, context);
  }

  #begin(
    filter: Record<string, unknown>,
    uris: readonly string[],
    taskIds: readonly string[],
    context: Context,
  ): Promise<MethodAnswer> {
    const call = context.begin("needed");
    const { promise, resolve } = Promise.withResolvers<MethodAnswer>();
    this.#count++;
    const lists = this.#options.lists.filter((list) => filter[LIST_FILTERS[list]] === true);
    let subscription: Subscription | undefined;
    const finish = (answer: MethodAnswer) => {
      call.onLeave(undefined);
      if (subscription) this.#open.delete(subscription);
      this.#count--;
      resolve(answer);
    };
    let gone = false;
    call.onLeave(() => {
      gone = true;
      finish({ kind: "silence" });
    });
    this.#queue(async () => {
      if (gone) return;
      const honouredUris = await this.#honoured(
        uris,
        (uri) => this.#options.resources?.announces(uri),
      );
      const honouredIds = await this.#honoured(
        taskIds,
        async (id) => await this.#options.tasks?.get(id) !== undefined,
      );
      if (gone) return;
      subscription = {
        id: context.id,
        call,
        revision: context.revision,
        lists: new Set(lists),
        uris: new Set(honouredUris),
        tasks: new Map(honouredIds.map((id) => [id, ""])),
        finish,
      };
      this.#open.add(subscription);
      this.#send(subscription, "notifications/subscriptions/acknowledged", {
        notifications: {
          ...Object.fromEntries(lists.map((list) => [LIST_FILTERS[list], true])),
          ...honouredUris.length > 0 ? { resourceSubscriptions: honouredUris } : {},
          ...honouredIds.length > 0 ? { taskIds: honouredIds } : {},
        },
      });
      if (this.#closed && !gone) this.#end(subscription);
    });
    return promise;
  }

  async #honoured(
    asked: readonly string[],
    isHonoured: (name: string) => Promise<boolean> | undefined,
  ): Promise<string[]> {
    const names = [...new Set(asked)];
    const honoured = await Promise.all(names.map(isHonoured));
    return names.filter((_, index) => honoured[index]);
  }

  async #deliver(announcement: Announcement): Promise<void> {
    const hearers = [...this.#open].filter((subscription) => hears(subscription, announcement));
    if (hearers.length === 0) return;
    switch (announcement.kind) {
      case "list-changed":
        for (const hearer of hearers) {
          this.#send(hearer, `notifications/${announcement.list}/list_changed`, {});
        }
        return;
      case "resource-updated":
        for (const hearer of hearers) {
          this.#send(hearer, "notifications/resources/updated", { uri: announcement.uri });
        }
        return;
      case "task-changed":
        await this.#tellOfTask(announcement.taskId, hearers);
    }
  }

  /** Tells of its state now. Changes that come close together are seen, and told, as one. */
  async #tellOfTask(taskId: string, hearers: readonly Subscription[]): Promise<void> {
    const watched = new Watched();
    const task = await this.#options.tasks?.get(taskId, watched);
    if (!task) return;
    let isSent = false;
    const state = JSON.stringify(seedOf(task));
    for (const hearer of hearers) {
      if (hearer.tasks.get(taskId) === state) continue;
      hearer.tasks.set(taskId, state);
      const details = detailsOf(task, hearer.revision);
      isSent = this.#send(hearer, "notifications/tasks", details) || isSent;
    }
    watched.sent(isSent);
  }

  /** Whoever reads too slowly is let go: it will read anew when it subscribes again. */
  #send({ id, call }: Subscription, method: string, params: object): boolean {
    const isSent = call.notify(method, { ...params, _meta: { [SUBSCRIPTION_ID]: id } });
    if (!isSent) call.leave();
    return isSent;
  }

  /** Where one channel is shared no stream ends, so a notification says it (basic/cancellation). */
  #end({ id, call, finish }: Subscription): void {
    if (call.sharesChannel) call.notify("notifications/cancelled", { requestId: id });
    finish(result({ _meta: { [SUBSCRIPTION_ID]: id } }));
  }

  #queue(work: () => void | Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#options.onDefect);
  }
}

/** Stands for the call that a task's end is the answer to: an announcement carries that answer too. */
class Watched {
  #onSent: ((whole: boolean) => void) | undefined;

  onSent(action: (whole: boolean) => void): void {
    this.#onSent = action;
  }

  sent(whole: boolean): void {
    this.#onSent?.(whole);
  }
}

function hears(subscription: Subscription, announcement: Announcement): boolean {
  switch (announcement.kind) {
    case "list-changed":
      return subscription.lists.has(announcement.list);
    case "resource-updated":
      return subscription.uris.has(announcement.uri);
    case "task-changed":
      return subscription.tasks.has(announcement.taskId);
  }
}

/** An optional array of strings, or undefined when it is something else. */
function names(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const isFit = Array.isArray(value) && value.length <= MAX_NAMED &&
    value.every((item) => typeof item === "string");
  return isFit ? value : undefined;
}
