/** Holds what a command printed with `--json` against the schema of it: no key more, none less. */

import assert from "node:assert/strict";
import type { z } from "zod";
import { type Printed, WIRE } from "../../../src/operator/app/wire.ts";
import { type CommandLine, parseLine } from "../../../src/operator/cli/options.ts";

/** A schema drops the keys that it does not know: what is left must be all that was printed. */
export function assertOfSchema(schema: z.ZodType, value: unknown): void {
  assert.deepEqual(schema.parse(value), value);
}

/** `args` and what they printed. Without `--json` nothing is looked at. */
export function assertWire(args: readonly string[], stdout: string, stderr: string): void {
  if (!args.includes("--json")) return;
  for (const text of stderr.split("\n").filter((line) => line.startsWith('{"error":'))) {
    assertOfSchema(WIRE.error.schema, JSON.parse(text));
  }
  if (stdout === "") return;
  const { schema, isLines }: Printed = WIRE[nameOf(parseLine(args))];
  const texts = isLines ? stdout.trimEnd().split("\n") : [stdout];
  for (const text of texts) assertOfSchema(schema, JSON.parse(text));
}

function nameOf(
  { words: [command = "", operand, ...more], flags, texts }: CommandLine,
): keyof typeof WIRE {
  if (flags.has("version")) return "version";
  if (flags.has("help") || command === "help") return "help";
  if (command === "approve" || command === "modify" || command === "reject") {
    if (more.length > 0) return "approve ID ID, reject ID ID";
    return flags.has("dry-run") ? "approve --dry-run, modify --dry-run" : "approve, modify, reject";
  }
  const name = [
    command,
    ...operand === "verify" || operand === "rotate" || operand === "export" ? [operand] : [],
    ...command === "routes" && flags.has("all") ? ["--all"] : [],
    ...flags.has("steps") ? ["--steps"] : [],
    ...texts.has("stats") ? ["--stats"] : [],
    ...texts.has("abandon") ? ["--abandon"] : [],
  ].join(" ");
  if (!Object.hasOwn(WIRE, name)) throw new Error(`${name} has no schema in wire.ts`);
  return name as keyof typeof WIRE;
}
