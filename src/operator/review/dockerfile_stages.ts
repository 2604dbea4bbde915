/** What the stages of a Dockerfile are built on and as whom they run. */

import type { Dockerfile, DockerfileRow, Instruction } from "./dockerfile_parse.ts";

/** An image that the file takes something from, or a user. */
export interface Named {
  /** Arguments are filled in as far as they are known; a `$` in it is for the build to resolve. */
  readonly name: string;
  readonly row: DockerfileRow | undefined;
}

export interface Stages {
  /** In the order of the file: bases, and where else files are copied or mounted from. */
  readonly images: readonly Named[];
  /** What the last stage is built on in the end. */
  readonly lastBase: Named | undefined;
  /** As whom the last stage runs; undefined when no USER says so. */
  readonly lastUser: Named | undefined;
}

interface Stage {
  readonly base: Named;
  user: Named | undefined;
}

/** No registry has it. */
const SCRATCH = "scratch";
/** A longer default of an argument is left to the build: short lines could make a long name. */
const MAX_DEFAULT_LENGTH = 200;

export function stagesOf({ instructions }: Dockerfile): Stages {
  const args = new Map<string, string>();
  const known = new Map<string, Stage>();
  const images: Named[] = [];
  let stage: Stage | undefined;
  let count = 0;
  for (const instruction of instructions) {
    const { keyword, isOnBuild, rows: [row] } = instruction;
    const words = wordsOf(instruction);
    if (keyword === "ARG" && !stage) readArgs(words, args);
    if (keyword === "FROM" && !isOnBuild) {
      const [from = "", as = "", alias = ""] = words.filter((word) => !word.startsWith("--"));
      const image = { name: filledIn(from, args), row };
      const parent = known.get(image.name.toLowerCase());
      if (!parent && image.name !== SCRATCH) images.push(image);
      stage = { base: parent?.base ?? image, user: parent?.user };
      if (as.toLowerCase() === "as") known.set(alias.toLowerCase(), stage);
      // COPY may also name a stage by its number.
      known.set(String(count++), stage);
    }
    for (const from of sourcesOf(keyword, words)) {
      const image = { name: filledIn(from, args), row };
      if (!known.has(image.name.toLowerCase()) && image.name !== SCRATCH) images.push(image);
    }
    if (keyword === "USER" && stage && !isOnBuild) stage.user = { name: words.join(" "), row };
  }
  return { images, lastBase: stage?.base, lastUser: stage?.user };
}

/** The words after the keyword. */
export function wordsOf({ plain }: Instruction): string[] {
  return plain.split(/\s+/).slice(1).filter((word) => word !== "");
}

/** Members of these can become root, or read what only root should. */
const POWERFUL = /^(sudo|wheel|docker|disk|shadow|lxd)$/i;

/** `root`, `0`, `:0`, a group with root's powers, and what only the build will know. */
export function mayBeRoot(user: string): boolean {
  const [name = "", group = ""] = user.split(":");
  return name === "" || isRoot(name) || isRoot(group) || POWERFUL.test(group);
}

/** How a user that may be root is told. */
export function asRoot(user: string): string {
  const [name = "", group = ""] = user.split(":");
  return name === "" || isRoot(name) ? "as root" : `in the group ${group}`;
}

function isRoot(name: string): boolean {
  return /^([+-]?0+|root)$/i.test(name) || name.includes("$");
}

/** `--from=` of COPY and ADD, `from=` in a mount of RUN. */
function sourcesOf(keyword: string, words: readonly string[]): string[] {
  if (!["COPY", "ADD", "RUN"].includes(keyword)) return [];
  const option = keyword === "RUN" ? /^--mount=(?:.*,)?from=([^,]+)/i : /^--from=(.+)/i;
  return words.flatMap((word) => option.exec(word)?.[1] ?? []);
}

function readArgs(words: readonly string[], into: Map<string, string>): void {
  for (const word of words) {
    const [, name = "", value = ""] = /^(\w+)=(.*)/.exec(word) ?? [];
    if (value === "") continue;
    const filled = filledIn(value, into);
    if (filled.length <= MAX_DEFAULT_LENGTH) into.set(name, filled);
    else into.delete(name);
  }
}

function filledIn(text: string, args: ReadonlyMap<string, string>): string {
  return text.replaceAll(
    /\$(?:(\w+)|\{(\w+)\})/g,
    (all, name, braced) => args.get(name ?? braced) ?? all,
  );
}
