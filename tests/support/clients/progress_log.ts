/** The progress that one call has reported, so that a test can act on a report and not on a clock. */

import type { Progress } from "./agent_client.ts";

export class ProgressLog {
  readonly reports: Progress[] = [];
  #waiters: (() => void)[] = [];

  /** A library's `onprogress`. */
  readonly add = (progress: Progress): void => {
    this.reports.push(progress);
    for (const wake of this.#waiters.splice(0)) wake();
  };

  /** Waits for a report of more than so many seconds. */
  async beyond(seconds: number): Promise<void> {
    while ((this.reports.at(-1)?.progress ?? -1) <= seconds) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }
}
