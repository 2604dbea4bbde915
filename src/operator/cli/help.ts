/** `help`: the overview, and one command's help. `--help` prints the same. */

import { pad, wrapWords } from "../columns.ts";
import { Failure } from "../failure.ts";
import { nearest } from "../nearest.ts";
import type { Output } from "../output.ts";
import type { Command } from "./command.ts";
import { COMMON_OPTIONS, type OptionName, OPTIONS } from "./options.ts";

const COLUMNS = 80;

/** The command, for a list that it is itself part of. */
export function helpOn(commands: () => readonly Command[]): Command {
  return {
    name: "help",
    usage: "[COMMAND]",
    summary: "print this overview, or the help of one command",
    about: ["Prints the overview of all commands, or the help of one of them."],
    options: [],
    operand: { name: "COMMAND", required: false },
    examples: ["supervisectl help approve"],
    run(context) {
      const about = context.operand === undefined
        ? undefined
        : findCommand(commands(), context.operand);
      printHelp(context.out, context.json, commands(), about);
      return Promise.resolve();
    },
  };
}

/** Throws a usage failure that names what was probably meant. */
export function findCommand(commands: readonly Command[], name: string): Command {
  const command = commands.find((command) => command.name === name);
  if (command) return command;
  const names = commands.map((command) => command.name);
  const meant = nearest(name, names);
  throw new Failure(
    "usage",
    `unknown command "${name}"${
      meant ? `, did you mean ${meant}?` : `; use one of ${names.join(", ")}`
    }`,
    { do: "help", ...meant && { about: meant } },
  );
}

/** Prints one command's help, or without one the overview. */
export function printHelp(
  out: Output,
  json: boolean,
  commands: readonly Command[],
  command?: Command,
): void {
  const lines = command ? commandHelp(command) : overview(commands);
  if (json) out.json({ help: lines.join("\n") + "\n" });
  else for (const line of lines) out.line(line);
}

function overview(commands: readonly Command[]): string[] {
  return [
    "supervisectl: see what agents ask for, answer them, and apply what is approved",
    "",
    "Usage: supervisectl [COMMAND] [OPTIONS]",
    "",
    "Commands:",
    ...table(commands.map(({ name, summary }) => [name, summary])),
    "",
    "Options of every command:",
    ...optionRows([...COMMON_OPTIONS, "version"]),
    "",
    ...wrapWords(
      "An ID is the proposal's, or the beginning of it that no other has. Approving changes the " +
        "live files that the configuration names; without one it answers the agent and applies " +
        "nothing. doctor says what is configured. On a terminal, no COMMAND opens the triage screen.",
      COLUMNS,
    ),
    "",
    "Environment:",
    ...table([
      ["SUPERVISE_QUEUE_ROOT", "the queue root when --queue-root is not given"],
      ["SUPERVISE_CONFIG", "the configuration when --config is not given"],
      ["SUPERVISE_STATE_DIR", "audit log and undo records (default ~/.local/state/supervise)"],
      ["SUPERVISE_OPERATOR", "your name in claims and decisions (default user@host)"],
      ["VISUAL, EDITOR", "the editor that modify starts"],
      ["NO_COLOR", "set: no bold on a terminal"],
      ["SUPERVISE_BELL", "0: new asks do not ring on the triage screen, nor name its window"],
      ["COLUMNS", "the width to lay out for; without it a pipe gets everything in one line"],
      [
        "LC_ALL, LC_CTYPE, LANG",
        "where the first that is set names no UTF-8, all but ASCII is escaped",
      ],
      ["TERM", "not set, or dumb: no bold, and no triage screen"],
    ]),
    "",
    "Exit codes: 0 done; 1 could not be done; 2 wrong command line",
    "",
    "Examples:",
    "  supervisectl list",
    "  supervisectl show 1a2b",
    "  supervisectl approve 1a2b --notes 'for this week only'",
    "  supervisectl undo 1a2b",
  ];
}

function commandHelp(command: Command): string[] {
  return [
    ...wrapWords(`Usage: supervisectl ${command.name} ${command.usage}`.trimEnd(), COLUMNS),
    "",
    ...command.about.flatMap((paragraph) => [...wrapWords(paragraph, COLUMNS), ""]),
    "Options:",
    ...optionRows([...command.options, ...COMMON_OPTIONS]),
    "",
    command.examples.length === 1 ? "Example:" : "Examples:",
    ...command.examples.map((example) => `  ${example}`),
  ];
}

function optionRows(names: readonly OptionName[]): string[] {
  return table(names.map((name): [string, string] => {
    const spec = OPTIONS[name];
    const short = "short" in spec ? `, -${spec.short}` : "";
    const value = "value" in spec ? ` ${spec.value}` : "";
    return [`--${name}${short}${value}`, spec.help];
  }));
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const first = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.flatMap(([left, right]) =>
    wrapWords(right, COLUMNS - first - 2).map((line, index) =>
      `  ${pad(index === 0 ? left : "", first)}${line}`
    )
  );
}
