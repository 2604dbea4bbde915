/** Starts the operator's editor on a file and waits for it. */

import { Failure } from "../failure.ts";
import type { Interrupts } from "../io.ts";

/** What a shell ends with when it cannot start a command. */
const NOT_STARTED = new Map([
  [126, "it is not a program that can be run"],
  [127, "there is no such program"],
]);

/**
 * Returns when the editor has ended well. Throws a failure when it has not, or on a signal.
 * `command` is the beginning of a shell's command line, with its quotes, as for git.
 */
export async function edit(command: string, path: string, interrupts: Interrupts): Promise<void> {
  if (interrupts.signal.aborted) throw interrupted();
  const editor = start(command, path);
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
    const notStarted = NOT_STARTED.get(status.code);
    if (notStarted) throw cannotStart(command, notStarted);
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

function cannotStart(command: string, why: string): Failure {
  return new Failure("editor-failed", `cannot start the editor ${command}: ${why}`);
}

/** Of such a command a shell would make the same words. */
const PLAIN_WORDS = /^[\w@%+:,./\s-]+$/;

function start(command: string, path: string): Deno.ChildProcess {
  const inherited = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  const [program = "", ...args] = PLAIN_WORDS.test(command)
    ? [...command.split(/\s+/), path]
    // What Ctrl-C does is the editor's business and not the shell's. The path is an argument: nothing
    // in it is read by the shell.
    : ["sh", "-c", `trap : INT; ${command} "$@"`, command, path];
  try {
    return new Deno.Command(program, { args, ...inherited }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such program"
      : error instanceof Error
      ? error.message
      : String(error);
    throw cannotStart(command, why);
  }
}
