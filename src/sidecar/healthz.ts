/** `GET /healthz`: how the sidecar is, for who starts and watches containers. `/health` says less. */

import type { PageAnswer } from "./http/page.ts";

export interface HealthzOptions {
  readonly version: string;
  /** Why the queue cannot be written and what to do; undefined when it can. Should be quick. */
  readonly checkQueue: () => Promise<string | undefined>;
  /** Undecided proposals. */
  readonly pending: () => number;
  /** Calls that wait for the operator. */
  readonly waiting: () => number;
}

/** The page: 200 when asks can be taken, else 503 with the reason. One line of JSON either way. */
export function createHealthz(options: HealthzOptions): () => Promise<PageAnswer> {
  const { version, checkQueue, pending, waiting } = options;
  return async () => {
    const reason = await checkQueue();
    const ok = reason === undefined;
    const report = {
      ok,
      version,
      queue_writable: ok,
      pending: pending(),
      waiting: waiting(),
      ...ok ? {} : { reason },
    };
    return {
      status: ok ? 200 : 503,
      contentType: "application/json",
      text: `${JSON.stringify(report)}\n`,
    };
  };
}
