/** Starts the operator's editor on a file and waits for it, without a shell in between. */

import { Failure } from "../failure.ts";
import type { Interrupts } from "../io.ts";

/** Returns when the editor has ended well. Throws a failure when it has not, or on a signal. */
export async function edit(
  [command, ...args]: readonly [string, ...string[]],
  path: string,
  interrupts: Interrupts,
): Promise<void> {
  if (interrupts.signal.aborted) throw interrupted();
  const editor = start(command, [...args, path]);
  const stopped = Promise.withResolvers<never>();
  const stop = () => {
    stopped.reject(interrupted());
    editor.kill("SIGTERM");
  };
  interrupts.signal.addEventListener("abort", stop);
  interrupts.editing = true;
  try {
    // After a signal the editor is told to end but not waited for: it may not listen.
    const status = await Promise.race([editor.status, stopped.promise]);
    if (status.success) return;
    const how = status.signal ? `was ended by ${status.signal}` : `ended with code ${status.code}`;
    throw new Failure("editor-failed", `the editor ${command} ${how}`);
  } finally {
    interrupts.editing = false;
    interrupts.signal.removeEventListener("abort", stop);
  }
}

function interrupted(): Failure {
  return new Failure("interrupted", "interrupted before the edit was done, nothing was decided");
}

function start(command: string, args: string[]): Deno.ChildProcess {
  const inherited = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  try {
    return new Deno.Command(command, { args, ...inherited }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such program"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new Failure("editor-failed", `cannot start the editor ${command}: ${why}`);
  }
}
