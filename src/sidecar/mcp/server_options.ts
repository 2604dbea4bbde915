/** What a server is made of; apart, since its methods are made of the same. */

import type { Method } from "./method.ts";
import type { ResourceProvider } from "./resources.ts";
import type { ListKind } from "./subscription.ts";
import type { TaskStore } from "./task.ts";
import type { Tool } from "./tool.ts";

export interface ServerInfo {
  readonly name: string;
  readonly version: string;
}

/** The sidecar gives what it has; the rest is for other servers on this core (tests/conformance). */
export interface ServerOptions {
  readonly info: ServerInfo;
  /** For the model: what this server is for and how to use it. */
  readonly instructions?: string | undefined;
  readonly tools: readonly Tool[];
  readonly resources?: ResourceProvider | undefined;
  readonly tasks?: TaskStore | undefined;
  /** Lists whose changes will be announced with `announce`. */
  readonly changingLists?: readonly ListKind[] | undefined;
  /** Further methods, and the keys they add to, or replace in, the capabilities of their era. */
  readonly methods?: readonly Method[] | undefined;
  readonly legacyCapabilities?: object | undefined;
  readonly modernCapabilities?: object | undefined;
  /** Told about bugs: an error that is no answer. Clients only read "internal error". */
  readonly onDefect: (error: unknown) => void;
}
