/** `supervisectl`, the operator's program: from the command line to one command and an exit code. */

import { onUnsynced } from "../queue/durable.ts";
import { parseSlug, type Slug } from "../queue/layout.ts";
import { ask } from "./ask.ts";
import { App } from "./app/app.ts";
import type { Command, CommandContext } from "./cli/command.ts";
import { commandLine, EXIT_DONE, exitCodeOf, remedyLine } from "./cli/command_line.ts";
import { findCommand, printHelp } from "./cli/help.ts";
import { COMMANDS, triage } from "./cli/mod.ts";
import { type CommandLine, COMMON_OPTIONS, parseLine } from "./cli/options.ts";
import { configReader } from "./config/read.ts";
import { Failure, fromSystem } from "./failure.ts";
import { type Io, systemIo } from "./io.ts";
import { Output } from "./output.ts";
import {
  hasStateDirectory,
  operatorName,
  queueRoot,
  readsUtf8,
  stateDirectory,
} from "./settings.ts";
import { VERSION } from "./version.ts";
import { writeFor } from "./visible.ts";

/** Runs one command. Returns 0 done, 1 could not be done, 2 wrong command line. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const out = new Output(io.stdout);
  const err = new Output(io.stderr);
  const unsynced: string[] = [];
  onUnsynced((line) => unsynced.push(line));
  const json = args.includes("--json");
  let line: CommandLine | undefined;
  let code: number = EXIT_DONE;
  try {
    writeFor(readsUtf8(io.env) ? "utf-8" : "ascii");
    line = parseLine(args);
    await dispatch(line, io, out, err);
  } catch (error) {
    code = printError(error, line, json, err);
  }
  await out.flush();
  if (out.lost) {
    const lost = lostOutput(out.lost.error, line, code);
    if (lost) printError(lost, line, json, err);
    // What was done is done; of a command that only prints, printing is all that it does.
    if (lost && code === EXIT_DONE && !isActing(line)) code = exitCodeOf(lost.code);
  }
  // Now, since a full screen would be in the way before.
  for (const line of unsynced) err.paragraph(`supervisectl: ${line}`);
  await err.flush();
  return code;
}

/** Whether the command line changes something, so that printing is not all that it does. */
function isActing(line: CommandLine | undefined): boolean {
  if (line === undefined || line.flags.has("dry-run") || line.flags.has("help")) return false;
  const acts = COMMANDS.find(({ name }) => name === line.words[0])?.acts;
  return typeof acts === "function" ? acts(line) : acts === true;
}

/** What is said of output that was lost; nothing where only a reader had enough, as `head` has. */
function lostOutput(
  error: unknown,
  line: CommandLine | undefined,
  code: number,
): Failure | undefined {
  const isDone = isActing(line) && code === EXIT_DONE;
  if (error instanceof Deno.errors.BrokenPipe && !isActing(line)) return undefined;
  const failure = fromSystem(error, "cannot-write", "write the output, which is lost");
  const why = failure instanceof Failure ? failure.message : `the output is lost: ${error}`;
  return new Failure("cannot-write", isDone ? `${why}; what was asked for is done` : why);
}

async function dispatch(line: CommandLine, io: Io, out: Output, err: Output): Promise<void> {
  const [name, ...operands] = line.words;
  const json = line.flags.has("json");
  if (line.flags.has("version")) {
    if (json) out.json({ version: VERSION });
    else out.line(`supervisectl ${VERSION}`);
    return;
  }
  const isOnTerminal = io.stdinIsTerminal && io.stdoutIsTerminal && !json;
  const standard = isOnTerminal && !line.flags.has("help") ? triage : undefined;
  const command = name === undefined ? standard : findCommand(COMMANDS, name);
  if (line.flags.has("help")) return printHelp(out, json, COMMANDS, command);
  if (!command) {
    const names = COMMANDS.map((command) => command.name).join(", ");
    throw new Failure("usage", `no command; use one of ${names}`, { do: "help" });
  }
  checkOptions(command, line);
  await command.run(contextOf(command, line, operands, io, out, err));
}

function checkOptions(command: Command, line: CommandLine): void {
  for (const option of [...line.texts.keys(), ...line.flags]) {
    if (COMMON_OPTIONS.includes(option) || command.options.includes(option)) continue;
    throw new Failure(
      "usage",
      `${command.name} takes no --${option}`,
      { do: "help", about: command.name },
    );
  }
}

function contextOf(
  command: Command,
  line: CommandLine,
  operands: readonly string[],
  io: Io,
  out: Output,
  err: Output,
): CommandContext {
  const rootOption = line.texts.get("queue-root");
  const slug = readSlug(line.texts.get("slug"));
  const configOption = line.texts.get("config");
  const root = () => queueRoot(rootOption, io.env);
  const app = new App({
    queueRoot: root,
    stateDirectory: () => stateDirectory(io.env),
    hasState: hasStateDirectory(io.env),
    readConfig: configReader(configOption, io.env, root),
    searchPath: io.env("PATH"),
    face: command === triage ? "triage" : "cli",
    now: io.now,
  });
  return {
    app,
    operand: operandOf(command, operands),
    operands,
    confirm: io.stdinIsTerminal && !line.flags.has("json")
      ? (question, signal) => ask(question, io, out, signal)
      : undefined,
    slug,
    out,
    err,
    json: line.flags.has("json"),
    env: io.env,
    // A command that needs no name must not fail for want of one.
    get operator() {
      return operatorName(io.env, io.hostname);
    },
    text: (option) => line.texts.get(option),
    flag: (option) => line.flags.has(option),
    has: (option) => [...line.texts.keys(), ...line.flags].includes(option),
    interrupts: io.interrupts,
    next: (...words) => commandLine(line, words),
    remedyLine: (remedy) => remedyLine(remedy, line),
  };
}

function readSlug(text: string | undefined): Slug | undefined {
  const slug = text === undefined ? undefined : parseSlug(text);
  if (text === undefined || slug) return slug;
  throw new Failure(
    "usage",
    `--slug must be a bottle's name (1 to 63 letters, digits, ".", "_" or "-"), got "${text}"`,
  );
}

function operandOf(
  { name, usage, operand }: Command,
  operands: readonly string[],
): string | undefined {
  const [first, ...more] = operands;
  const next = { do: "help", about: name } as const;
  if (first === undefined && operand?.required) {
    throw new Failure("usage", `${name} needs ${operand.name}: ${name} ${usage}`, next);
  }
  const surplus = operand ? more : operands;
  if (surplus.length === 0 || operand?.many && operands.every(isId)) return first;
  throw new Failure(
    "usage",
    `${name} takes ${operand ? `one ${operand.name}` : "no argument"}, found also ` +
      `"${surplus.join(" ")}"; put text of several words in quotes`,
    next,
  );
}

/** Tells an ID from a word of a text that was not put in quotes. */
function isId(word: string): boolean {
  return /^[0-9a-f]{4}[0-9a-f-]*$/i.test(word);
}

/** Prints a failure in a line or two. Anything else is a bug, of which everything is told. */
function printError(
  error: unknown,
  line: CommandLine | undefined,
  json: boolean,
  err: Output,
): number {
  const failure = error instanceof Failure ? error : undefined;
  const code = failure?.code ?? "internal";
  const message = failure?.message ?? `internal error: ${String(error)}`;
  const next = failure?.remedy && remedyLine(failure.remedy, line);
  if (json) {
    err.json({ error: { code, message, try: next ?? null } }, 0);
  } else {
    err.paragraph(`supervisectl: ${message}`);
    if (next) err.line(`Try: ${next}`);
  }
  if (!failure && error instanceof Error && !json) {
    for (const row of error.stack?.split("\n").slice(1) ?? []) err.line(row);
  }
  return exitCodeOf(code);
}

if (import.meta.main) Deno.exit(await run(Deno.args, systemIo()));
