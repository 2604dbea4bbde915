/** Every way a command can be refused: one table from code to exit code, one class to carry it. */

export const EXIT_DONE = 0;

/** 1: refused by the state of things. 2: the command line is wrong. */
const EXIT_OF = {
  "usage": 2,
  "no-queue": 1,
  "cannot-read": 1,
  "cannot-write": 1,
  "not-found": 1,
  "ambiguous": 1,
  "already-decided": 1,
  "claimed": 1,
  "withdrawn": 1,
  "expired": 1,
  "gone": 1,
  "changed": 1,
  "malformed": 1,
  "unchanged": 1,
  "bad-edit": 1,
  "bad-config": 1,
  "bad-target": 1,
  "not-configured": 1,
  "busy": 1,
  "reload-failed": 1,
  "no-effect": 1,
  "not-restored": 1,
  "nothing-to-undo": 1,
  "audit-broken": 1,
  "unwell": 1,
  "too-large": 1,
  "editor-failed": 1,
  "interrupted": 1,
  "internal": 1,
} as const;

export type FailureCode = keyof typeof EXIT_OF;

/** A refusal the operator can do something about. */
export class Failure extends Error {
  readonly code: FailureCode;
  /** A command line that goes on from here. */
  readonly next: string | undefined;

  /** `message` says what was found and what is wanted; it is made visible when it is printed. */
  constructor(code: FailureCode, message: string, next?: string) {
    super(message);
    this.code = code;
    this.next = next;
  }

  get exitCode(): number {
    return EXIT_OF[this.code];
  }
}

/** Turns an error of the file system into a failure; every other error is a bug and comes back. */
export function fromSystem(
  error: unknown,
  code: "cannot-read" | "cannot-write",
  doing: string,
): unknown {
  if (error instanceof Failure || !(error instanceof Error) || !isSystemError(error)) return error;
  return new Failure(code, `cannot ${doing}: ${reason(error)}`);
}

function isSystemError(error: Error): boolean {
  const code = "code" in error ? error.code : undefined;
  return error instanceof Deno.errors.NotCapable || typeof code === "string" && /^E/.test(code) ||
    // Of some errors the runtime knows no name, such as a file that grew too large.
    /\(os error \d+\)/.test(error.message);
}

/**
 * The cause without the path, which the message has already: of `No such file or directory (os
 * error 2): readdir '/x'` and of `ENOENT: no such file or directory, open '/x'` the words.
 */
function reason(error: Error): string {
  const [text = error.message] = error.message.replace(/^E[A-Z0-9]+: /, "")
    .split(/ \(os error|, [a-z]+ '|, specify the required/);
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
