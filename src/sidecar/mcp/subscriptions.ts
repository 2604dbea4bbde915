/** `subscriptions/listen`: one long answer that announces changes (basic/patterns/subscriptions). */

import { INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST } from "../jsonrpc/errors.ts";
import { asObject } from "../jsonrpc/message.ts";
import { TASKS_EXTENSION } from "./meta.ts";
import {
  type Context,
  failure,
  type Method,
  type MethodAnswer,
  missingCapability,
} from "./method.ts";
import type { ResourceProvider } from "./resources.ts";
import {
  type Announcement,
  LIST_FILTERS,
  type ListKind,
  Subscription,
  type SubscriptionFilter,
} from "./subscription.ts";
import { TASKS_REQUIRED, type TaskStore } from "./task.ts";

/** More subscriptions than this at once are refused. */
export const MAX_SUBSCRIPTIONS = 256;

/** One subscription names at most this many resources, and as many tasks. */
const MAX_NAMED = 256;

export interface SubscriptionOptions {
  /** The lists whose changes will be announced. */
  readonly lists: readonly ListKind[];
  readonly resources?: ResourceProvider | undefined;
  readonly tasks?: TaskStore | undefined;
  readonly onDefect: (error: unknown) => void;
}

/** All open subscriptions. Nothing is kept for a client that has gone: back again, it reads all. */
export class Subscriptions {
  readonly #options: SubscriptionOptions;
  readonly #open = new Set<Subscription>();
  #isClosed = false;
  /** One announcement after the other, so that every subscription hears of them in the same order. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Tells everybody who asked for it. */
  announce(announcement: Announcement): void {
    if (this.#open.size === 0) return;
    this.#queue(() => {
      const hearers = [...this.#open].filter((one) => one.hears(announcement));
      return this.#deliver(announcement, hearers);
    });
  }

  /** Ends all of them in order, after what was announced before; later ones end at once. */
  close(): void {
    this.#isClosed = true;
    this.#queue(() => {
      // The others end when they are acknowledged.
      for (const subscription of [...this.#open]) {
        if (subscription.isAcknowledged) subscription.end();
      }
    });
  }

  get method(): Method {
    return {
      name: "subscriptions/listen",
      eras: "modern",
      handle: (params, context) => {
        const wanted = this.#read(params["notifications"], context);
        return "kind" in wanted ? wanted : this.#begin(wanted, context);
      },
    };
  }

  #read(given: unknown, context: Context): SubscriptionFilter | MethodAnswer {
    const filter = asObject(given);
    if (!filter) {
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
    if (this.#open.size >= MAX_SUBSCRIPTIONS) {
      return failure(
        INTERNAL_ERROR,
        `${MAX_SUBSCRIPTIONS} subscriptions are open and that is the limit: close one first`,
      );
    }
    const lists = this.#options.lists.filter((list) => filter[LIST_FILTERS[list]] === true);
    return { lists, uris, taskIds };
  }

  #begin(wanted: SubscriptionFilter, context: Context): Promise<MethodAnswer> {
    const call = context.begin("needed");
    const subscription: Subscription = new Subscription(
      context,
      call,
      wanted,
      () => this.#open.delete(subscription),
    );
    if (!subscription.isOver) this.#open.add(subscription);
    this.#acknowledge(subscription, wanted).catch(this.#options.onDefect);
    return subscription.answer;
  }

  /** Looking up what is asked for takes its time, and holds up no other request. */
  async #acknowledge(subscription: Subscription, wanted: SubscriptionFilter): Promise<void> {
    const { resources, tasks } = this.#options;
    const uris = await honoured(wanted.uris, (uri) => resources?.announces(uri));
    const taskIds = await honoured(wanted.taskIds, async (id) => !!await tasks?.get(id));
    if (subscription.isOver) return;
    const held = subscription.acknowledge({ lists: wanted.lists, uris, taskIds });
    for (const announcement of held) {
      this.#queue(() => this.#deliver(announcement, [subscription]));
    }
    if (this.#isClosed) subscription.end();
  }

  async #deliver(announcement: Announcement, hearers: readonly Subscription[]): Promise<void> {
    if (hearers.length === 0) return;
    switch (announcement.kind) {
      case "list-changed":
        for (const hearer of hearers) hearer.tellListChanged(announcement.list);
        return;
      case "resource-updated":
        for (const hearer of hearers) hearer.tellResourceUpdated(announcement.uri);
        return;
      case "task-changed": {
        // A task that was removed altogether has no state that could be told.
        const task = await this.#options.tasks?.get(announcement.taskId);
        if (task) { for (const hearer of hearers) hearer.tellTask(task); }
      }
    }
  }

  #queue(work: () => void | Promise<void>): void {
    this.#work = this.#work.then(work).catch(this.#options.onDefect);
  }
}

async function honoured(
  asked: readonly string[],
  isHonoured: (name: string) => Promise<boolean> | undefined,
): Promise<string[]> {
  const names = [...new Set(asked)];
  const answers = await Promise.all(names.map(isHonoured));
  return names.filter((_, index) => answers[index]);
}

/** An optional array of strings, or undefined when it is something else. */
function names(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  const isFit = Array.isArray(value) && value.length <= MAX_NAMED &&
    value.every((item) => typeof item === "string");
  return isFit ? value : undefined;
}
