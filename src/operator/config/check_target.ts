/** Looks, without changing or running anything, whether what is approved could be applied. */

import { dirname } from "node:path";
import { MAX_LIVE_BYTES, type TargetKind } from "../apply/edit.ts";
import { readBounded } from "../read_bounded.ts";
import { checkDirectory } from "./check_directory.ts";
import type { Argv, Target } from "./config.ts";
import { type Finding, findingOf, unwell, well } from "./finding.ts";
import { findProgram } from "./program.ts";
import { shellWords } from "./shell_word.ts";

export interface TargetChecks {
  /** The value of PATH. */
  readonly searchPath: string | undefined;
  /** What is wrong with the text of a live file, and what it must be; undefined when nothing is. */
  problemOf?(kind: TargetKind, text: string): string | undefined;
}

/** One finding a fact. A file that is not what it should be is not looked into further. */
export async function checkTarget(target: Target, look: TargetChecks): Promise<readonly Finding[]> {
  return [
    ...await checkFile(target, look),
    await checkReload(target, look),
    await checkEffect(target, look),
  ];
}

async function checkFile(target: Target, look: TargetChecks): Promise<Finding[]> {
  const { path } = target;
  try {
    const other = await whatElse(path);
    if (other) return [other];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return [unwell("the file does not exist")];
    }
    return [findingOf(error, "look at the file")];
  }
  return [...await checkText(target, look), await checkWriting(target)];
}

/** What stands in the place of a regular file; undefined when nothing does. */
async function whatElse(path: string): Promise<Finding | undefined> {
  const info = await Deno.lstat(path);
  if (info.isFile) return undefined;
  if (info.isSymlink) {
    const to = await Deno.readLink(path);
    return unwell(`is a symbolic link to ${to}; configure the file itself`);
  }
  return unwell(
    `must be a regular file, got ${info.isDirectory ? "a directory" : "something else"}`,
  );
}

async function checkText({ kind, path }: Target, look: TargetChecks): Promise<Finding[]> {
  let text: string;
  try {
    using file = await Deno.open(path, { read: true });
    const bytes = await readBounded(file, MAX_LIVE_BYTES);
    if (!bytes) return [unwell("must be at most 1 MiB, got more")];
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return [unwell("must be UTF-8 text, got other bytes")];
    return [findingOf(error, "read it")];
  }
  const read = well("can be read");
  if (!look.problemOf) return [read];
  const problem = look.problemOf(kind, text);
  return problem === undefined ? [read] : [read, unwell(problem)];
}

async function checkWriting({ path, write }: Target): Promise<Finding> {
  if (write === "rename") {
    const directory = await checkDirectory(dirname(path));
    return directory.ok ? well("can be replaced") : directory;
  }
  try {
    (await Deno.open(path, { write: true })).close();
    return well("can be written in place");
  } catch (error) {
    return findingOf(error, "write it");
  }
}

async function checkReload(
  { reload, reloadTimeoutMs }: Target,
  look: TargetChecks,
): Promise<Finding> {
  if (!reload) return well("reload: no command, its reader watches the file itself");
  const limit = `at most ${reloadTimeoutMs / 1_000} s`;
  return await checkCommand("reload", reload, limit, look);
}

async function checkEffect({ check }: Target, look: TargetChecks): Promise<Finding> {
  if (!check) return well("check: none, a reload that ends well is taken for the effect");
  if (check.kind === "command") return await checkCommand("check", check.command, undefined, look);
  const through = check.proxy ? ` through ${check.proxy}` : ", not through a proxy";
  return well(`check: ${check.url} is asked${through}`);
}

async function checkCommand(
  label: string,
  argv: Argv,
  limit: string | undefined,
  { searchPath }: TargetChecks,
): Promise<Finding> {
  const [command] = argv;
  const line = `${label}: ${shellWords(argv)}`;
  const program = await findProgram(command, searchPath);
  switch (program.kind) {
    case "found":
      return well(limit === undefined ? line : `${line} (${limit})`);
    case "missing":
      return unwell(
        command.includes("/")
          ? `${line}: ${command} does not exist`
          : `${line}: ${command} is not on the PATH; an absolute path always works`,
      );
    case "not-executable":
      return unwell(`${line}: ${program.path} must be an executable file`);
  }
}
