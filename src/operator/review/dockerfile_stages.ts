/** What the stages of a Dockerfile are built on and as whom they run, names resolved. */

import { assignmentsIn, expand, unquoted, type Values } from "./assignments.ts";
import type { Dockerfile, Instruction, Row } from "./dockerfile_lines.ts";
import { quoted } from "./finding.ts";

/** An image from a registry that the file takes something from. */
export interface Image {
  /** As written when only the build resolves it. */
  readonly name: string;
  readonly row: Row;
  /** Whether it is too long to be worked out here, so that equal names can mean other images. */
  readonly isUnresolved: boolean;
}

export interface User {
  readonly name: string;
  readonly row: Row;
}

export interface Stages {
  /** In the order of the file: bases, and where else files are copied or mounted from. */
  readonly images: readonly Image[];
  /** What the last stage is built on in the end. */
  readonly lastBase: Image | undefined;
  /** As whom the last stage runs; undefined when no USER says so. */
  readonly lastUser: User | undefined;
}

interface Stage {
  readonly base: Image | undefined;
  user: User | undefined;
}

/** No registry has it. */
const SCRATCH = "scratch";

export function stagesOf({ instructions }: Dockerfile): Stages {
  const args = new Map<string, string | undefined>();
  const known = new Map<string, Stage>();
  const images: Image[] = [];
  let stage: Stage | undefined;
  let count = 0;
  for (const instruction of instructions) {
    const { keyword, args: text, isOnBuild } = instruction;
    if (keyword === "ARG" && !stage) readArgs(text, args);
    if (keyword === "FROM" && !isOnBuild) {
      const words = text.split(/\s+/).filter((word) => word !== "" && !word.startsWith("--"));
      const image = imageOf(words[0] ?? "", args, instruction);
      const { name } = image;
      const parent = known.get(name.toLowerCase());
      if (!parent && name !== SCRATCH) images.push(image);
      stage = { base: parent ? parent.base : image, user: parent?.user };
      if (/^as$/i.test(words[1] ?? "")) known.set((words[2] ?? "").toLowerCase(), stage);
      // COPY may also name a stage by its number.
      known.set(String(count++), stage);
    }
    for (const name of foreignNames(instruction)) {
      const image = imageOf(name, args, instruction);
      if (!known.has(image.name.toLowerCase()) && image.name !== SCRATCH) images.push(image);
    }
    if (keyword === "USER" && stage && !isOnBuild) {
      stage.user = { name: unquoted(text), row: rowOf(instruction) };
    }
  }
  return { images, lastBase: stage?.base, lastUser: stage?.user };
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
  return name === "" || isRoot(name) ? "as root" : `in the group ${quoted(group)}`;
}

function isRoot(name: string): boolean {
  return /^([+-]?0+|root)$/i.test(name) || name.includes("$");
}

function foreignNames({ keyword, args }: Instruction): string[] {
  if (keyword === "COPY" || keyword === "ADD") {
    return [...args.matchAll(/(?:^|\s)--from=(\S+)/gi)].map(([, name = ""]) => unquoted(name));
  }
  if (keyword !== "RUN") return [];
  return [...args.matchAll(/(?:^|\s)--mount=(\S+)/gi)].flatMap(([, options = ""]) =>
    [...options.matchAll(/(?:^|,)["']?from=([^,\s"']+)/gi)].map(([, name = ""]) => name)
  );
}

function imageOf(text: string, args: Values, instruction: Instruction): Image {
  const name = expand(text, args);
  return {
    name: name ?? unquoted(text),
    row: rowOf(instruction),
    isUnresolved: name === undefined || namesUnresolved(text, args),
  };
}

/** Whether a variable in it is known to be too long. */
function namesUnresolved(text: string, args: Values): boolean {
  return [...text.matchAll(/\$\{?(\w+)/g)]
    .some(([, name = ""]) => args.has(name) && args.get(name) === undefined);
}

function readArgs(text: string, into: Map<string, string | undefined>): void {
  for (const { name, value } of assignmentsIn(text, false)) {
    if (value === undefined || !/^[A-Za-z_]\w*$/.test(name)) continue;
    into.set(name, namesUnresolved(value, into) ? undefined : expand(value, into));
  }
}

function rowOf({ rows }: Instruction): Row {
  return rows[0] ?? { number: 1, text: "", isJoined: false };
}
