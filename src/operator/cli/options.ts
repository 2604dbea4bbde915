/** Every option of every command, and the command line taken apart. */

import { parseArgs } from "node:util";
import { Failure } from "../failure.ts";
import { nearest } from "../nearest.ts";

interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** How the value is called in help texts. */
  readonly value?: string;
  readonly help: string;
}

export const OPTIONS = {
  "queue-root": {
    type: "string",
    value: "DIR",
    help: "where the bottles' queues are (default ~/.bot-bottle/queue, or SUPERVISE_QUEUE_ROOT)",
  },
  "slug": { type: "string", value: "SLUG", help: "only this bottle (default: all)" },
  "json": { type: "boolean", help: "print JSON, errors too" },
  "help": { type: "boolean", short: "h", help: "print this help" },
  "version": { type: "boolean", help: "print the version" },
  "all": {
    type: "boolean",
    help:
      "list: also what was decided, withdrawn or delivered, or has expired; routes: all bottles",
  },
  "full": { type: "boolean", help: "print long texts to their end" },
  "new": { type: "boolean", help: "only what comes from now on" },
  "notes": { type: "string", value: "TEXT", help: "what the agent is told, at most 8 KiB" },
  "file": {
    type: "string",
    value: "FILE",
    help: "take the changed file from here, or from stdin with -, instead of starting an editor",
  },
  "basis": {
    type: "string",
    value: "HEX",
    help: "refuse unless everything is as it was when show printed this basis",
  },
  "config": {
    type: "string",
    value: "FILE",
    help: "the configuration (default ~/.config/supervise/config.yaml, or SUPERVISE_CONFIG)",
  },
  "dry-run": { type: "boolean", help: "say what would be done, and do nothing" },
  "tail": { type: "string", value: "N", help: "the last N (default 20)" },
  "since": {
    type: "string",
    value: "TIME",
    help:
      "from then on: today, yesterday, 2026-11-01, a time in ISO 8601 (UTC), or 90m, 12h, 7d ago",
  },
  "until": { type: "string", value: "TIME", help: "up to then, or to the end of that day" },
  "host": { type: "string", value: "HOST", help: "only this host; .example.com: all below it too" },
  "id": { type: "string", value: "ID", help: "only the proposal with this id, or its beginning" },
  "who": { type: "string", value: "NAME", help: "only what this operator did" },
  "steps": { type: "boolean", help: "print every entry, not one line a decision" },
  "stats": { type: "string", value: "DAYS", help: "count what was decided in so many days" },
  "expect": { type: "string", value: "HASH", help: "the chain must hold this hash" },
  "output": {
    type: "string",
    value: "FILE",
    help: "write to this new file instead of printing",
  },
  "abandon": {
    type: "string",
    value: "ID",
    help: "end this interrupted change by hand: no live file is written, no command run",
  },
  "take-over": { type: "boolean", help: "replace the claim of another operator" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;
type Named<T> = { [N in OptionName]: typeof OPTIONS[N]["type"] extends T ? N : never }[OptionName];
export type TextOption = Named<"string">;
export type FlagOption = Named<"boolean">;

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** Every command takes these. */
export const COMMON_OPTIONS: readonly OptionName[] = [
  "queue-root",
  "config",
  "slug",
  "json",
  "help",
];

export interface CommandLine {
  /** The words that are not options: the command first. */
  readonly words: readonly string[];
  readonly texts: ReadonlyMap<TextOption, string>;
  readonly flags: ReadonlySet<FlagOption>;
}

/** Options may stand before and after the command. Throws a usage failure. */
export function parseLine(args: readonly string[]): CommandLine {
  const words: string[] = [];
  const texts = new Map<TextOption, string>();
  const flags = new Set<FlagOption>();
  const config = { options: OPTIONS, strict: false, allowPositionals: true, tokens: true } as const;
  for (const token of parseArgs({ args: [...args], ...config }).tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const name = OPTION_NAMES.find((option) => option === token.name);
    if (!name) throw unknownOption(token.rawName);
    if (isText(name)) addText(texts, name, token.value, token.inlineValue ?? true);
    else if (token.value === undefined) flags.add(name as FlagOption);
    else throw new Failure("usage", `--${name} takes no value, found "${token.value}"`);
  }
  return { words, texts, flags };
}

function isText(name: OptionName): name is TextOption {
  return OPTIONS[name].type === "string";
}

function addText(
  texts: Map<TextOption, string>,
  name: TextOption,
  value: string | undefined,
  inline: boolean,
): void {
  const form = `--${name} ${OPTIONS[name].value}`;
  if (texts.has(name)) throw new Failure("usage", `--${name} must be given once, got two`);
  if (value === undefined || value === "" && name !== "notes") {
    throw new Failure("usage", `--${name} needs a value: ${form}`);
  }
  if (!inline && /^--?[A-Za-z]/.test(value)) {
    throw new Failure(
      "usage",
      `--${name} is followed by "${value}", which looks like an option; use ${form}, ` +
        `or --${name}=${value}`,
    );
  }
  texts.set(name, value);
}

function unknownOption(raw: string): Failure {
  const meant = nearest(raw.replace(/^-+/, ""), OPTION_NAMES);
  const hint = meant ? `, did you mean --${meant}?` : "";
  return new Failure("usage", `unknown option ${raw}${hint}`, { do: "help" });
}
