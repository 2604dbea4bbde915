/** Finds the program that a command would start, without starting it. */

import { isAbsolute, join } from "node:path";

export type Program =
  | { readonly kind: "found"; readonly path: string }
  | { readonly kind: "not-executable"; readonly path: string }
  | { readonly kind: "missing" };

const ANY_EXECUTE = 0o111;

/** `searchPath` is the value of PATH. */
export async function findProgram(
  command: string,
  searchPath: string | undefined,
): Promise<Program> {
  if (command.includes("/")) return await look(command);
  let almost: Program = { kind: "missing" };
  for (const directory of searchPath?.split(":") ?? []) {
    // What an entry that is not absolute means depends on where the operator stands.
    if (!isAbsolute(directory)) continue;
    const program = await look(join(directory, command));
    if (program.kind === "found") return program;
    if (program.kind === "not-executable" && almost.kind === "missing") almost = program;
  }
  return almost;
}

async function look(path: string): Promise<Program> {
  try {
    const { isFile, mode } = await Deno.stat(path);
    const runs = isFile && (mode === null || (mode & ANY_EXECUTE) !== 0);
    return { kind: runs ? "found" : "not-executable", path };
  } catch {
    return { kind: "missing" };
  }
}
