/** Every way in which a request can fail, and what can be done about it: values that each face words. */

export type FailureCode =
  | "usage"
  | "no-queue"
  | "cannot-read"
  | "cannot-write"
  | "not-found"
  | "ambiguous"
  | "already-decided"
  | "not-all-done"
  | "claimed"
  | "withdrawn"
  | "expired"
  | "gone"
  | "changed"
  | "malformed"
  | "unchanged"
  | "bad-edit"
  | "bad-config"
  | "bad-target"
  | "not-configured"
  | "busy"
  | "reload-failed"
  | "no-effect"
  | "not-restored"
  | "nothing-to-undo"
  | "audit-broken"
  | "unwell"
  | "too-large"
  | "editor-failed"
  | "interrupted"
  | "internal";

/** What goes on from a failure. Ids may be shortened. */
export type Remedy =
  | { readonly do: "show"; readonly id: string }
  | { readonly do: "list"; readonly all?: true }
  /** Queues are looked for in a place where there are none. */
  | { readonly do: "name queue root" }
  /** Several bottles have what was meant. */
  | { readonly do: "name bottle" }
  | AnswerRemedy
  | { readonly do: "undo"; readonly id: string }
  | { readonly do: "doctor"; readonly slug?: string }
  /** An interrupted change that only a person can end. */
  | { readonly do: "abandon"; readonly id: string }
  | { readonly do: "audit" }
  | { readonly do: "verify audit" }
  /** Others can write `path`. */
  | { readonly do: "protect"; readonly path: string }
  | { readonly do: "help"; readonly about?: string }
  | ExportRemedy;

/** A face adds what the operator gave with the request that failed, such as its basis. */
export interface AnswerRemedy {
  readonly do: "approve" | "modify" | "reject";
  readonly id: string;
  readonly basis?: string;
  readonly notes?: string;
  /** The file that holds the operator's text. */
  readonly file?: string;
  readonly takeOver?: true;
}

export interface ExportRemedy {
  readonly do: "export shadow";
  /** Where none is named, the reader fills it in. */
  readonly slug?: string;
  readonly output?: string;
}

/** An expected failure. Everything else that is thrown is a bug. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly remedy: Remedy | undefined;

  /** `message` says what was found and what must be; a face makes it visible when it prints it. */
  constructor(code: FailureCode, message: string, remedy?: Remedy) {
    super(message);
    this.code = code;
    this.remedy = remedy;
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
