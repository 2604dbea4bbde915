/** What was done and could not be written down: the one failure after which nothing is put back. */

import { Failure } from "../failure.ts";

export class Unlogged extends Failure {
  constructor(what: string, error: unknown) {
    const why = error instanceof Error ? error.message : String(error);
    super(
      "cannot-write",
      `${what}, but that could not be written down: ${why}; the next command that answers ` +
        "completes the audit log",
    );
  }
}
