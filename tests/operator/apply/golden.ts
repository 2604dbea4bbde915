/** The golden cases of the apply engines: a directory each, see `golden_test.ts`. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Lexer } from "yaml";
import { addHost, allowlistNotices, removeHost } from "../../../src/operator/apply/allowlist.ts";
import { replaceDockerfile, restoreDockerfile } from "../../../src/operator/apply/dockerfile.ts";
import type { Edit, Noticed, Removal } from "../../../src/operator/apply/edit.ts";
import { removeRoute } from "../../../src/operator/apply/route_removal.ts";
import { addRoute, type ApprovedRoute, routeNotices } from "../../../src/operator/apply/routes.ts";

export const CASES = fileURLToPath(new URL("../../testdata/apply/", import.meta.url));

/** What `ask.json` holds: one of the three. */
type Ask =
  | { readonly route: ApprovedRoute }
  | { readonly allow: string }
  | { readonly dockerfile: string };

export interface Engine {
  readonly isYaml: boolean;
  add(text: string): Edit<unknown>;
  look(text: string): Noticed;
  remove(text: string, added: unknown): Removal;
}

export function engineFor(ask: Ask): Engine {
  if ("route" in ask) {
    return {
      isYaml: true,
      add: (text) => addRoute(text, ask.route),
      look: (text) => routeNotices(text, ask.route),
      remove: removeRoute,
    };
  }
  if ("allow" in ask) {
    return {
      isYaml: true,
      add: (text) => addHost(text, ask.allow),
      look: (text) => allowlistNotices(text, ask.allow),
      remove: removeHost,
    };
  }
  return {
    isYaml: false,
    add: (text) => replaceDockerfile(text, ask.dockerfile),
    look: (text) => replaceDockerfile(text, ask.dockerfile),
    remove: restoreDockerfile,
  };
}

export interface Case {
  readonly name: string;
  readonly before: string;
  readonly engine: Engine;
  /** The file as others have left it by the time the addition is taken back. */
  readonly since: string | undefined;
}

export async function cases(): Promise<Case[]> {
  const names = (await Array.fromAsync(Deno.readDir(CASES))).map(({ name }) => name).sort();
  return await Promise.all(names.map(async (name) => {
    const before = await read(name, "before.yaml.txt");
    const ask = await read(name, "ask.json");
    if (before === undefined || ask === undefined) {
      throw new Error(`${name} must hold before.yaml.txt and ask.json`);
    }
    const since = await read(name, "since.yaml.txt");
    return { name, before, engine: engineFor(JSON.parse(ask)), since };
  }));
}

export async function read(name: string, file: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(join(CASES, name, file));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The files that show what became of an edit. */
export function shown(edit: Edit<unknown> | Removal, start: "after" | "undone"): Files {
  const prefix = start === "after" ? "" : "undone_";
  if (edit.kind === "refused") return { [`${prefix}refused.txt`]: edit.problem + "\n" };
  const notices = "notices" in edit
    ? edit.notices.map(({ label, text }) => `${label}: ${text}\n`).join("")
    : edit.why + "\n";
  if (edit.kind === "unchanged") return { [`${prefix}unchanged.txt`]: notices };
  return { [`${start}.yaml.txt`]: edit.after, ...notices && { [`${prefix}notices.txt`]: notices } };
}

export type Files = Readonly<Record<string, string>>;

const GOLDEN = ["after.yaml.txt", "notices.txt", "unchanged.txt", "refused.txt"];
const UNDONE = ["undone.yaml.txt", ...GOLDEN.slice(1).map((name) => `undone_${name}`)];

/** All golden files that a case has. */
export async function golden(name: string): Promise<Files> {
  const found: Record<string, string> = {};
  for (const file of [...GOLDEN, ...UNDONE]) {
    const text = await read(name, file);
    if (text !== undefined) found[file] = text;
  }
  return found;
}

export async function writeGolden(name: string, files: Files): Promise<void> {
  for (const file of [...GOLDEN, ...UNDONE]) {
    const path = join(CASES, name, file);
    const text = files[file];
    if (text !== undefined) await Deno.writeTextFile(path, text);
    else await Deno.remove(path).catch(() => undefined);
  }
}

/** The comments of a YAML text, in their order. */
export function commentsOf(text: string): string[] {
  const tokens = [...new Lexer().lex(text)];
  // The lexer puts a mark before each scalar, and only there.
  return tokens.filter((token, index) => token.startsWith("#") && tokens[index - 1] !== "\x1f");
}
