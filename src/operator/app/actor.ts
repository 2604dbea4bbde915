/** Who makes a request, and when to stop: one for each request, never one for the whole program. */

export interface Actor {
  /** What claims, decisions and the audit log call them. */
  readonly name: string;
  /** How they proved it. */
  readonly credential: "unix user" | "token" | "passkey" | "ssh key" | "policy rule";
  /** Aborted, it ends the step that is under way; what was begun is put back. */
  readonly signal: AbortSignal;
}
