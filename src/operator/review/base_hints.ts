/** Hints on what an image is built on and as whom it runs: both can change without a word of RUN. */

import type { Dockerfile } from "./dockerfile_parse.ts";
import { asRoot, mayBeRoot, type Named, type Stages, stagesOf } from "./dockerfile_stages.ts";
import { type Hint, quoted } from "./hint_notices.ts";

const NEW_BASE = "NEW BASE IMAGE";

/** `before` is undefined when it is not known. */
export function baseHints(before: Dockerfile | undefined, after: Dockerfile): Hint[] {
  const was = before && stagesOf(before);
  const is = stagesOf(after);
  const isArgChanged = argsOf(before) !== argsOf(after);
  return [...imageHints(was, is, isArgChanged), ...userHints(was, is)];
}

function argsOf(file: Dockerfile | undefined): string {
  const args = file?.instructions.filter(({ keyword }) => keyword === "ARG") ?? [];
  return args.map(({ text }) => text).join("");
}

function imageHints(was: Stages | undefined, is: Stages, isArgChanged: boolean): Hint[] {
  const known = new Set(was?.images.map(({ name }) => name));
  const kept = new Set(is.images.map(({ name }) => name));
  const gone = was?.images.filter(({ name }) => !kept.has(name)) ?? [];
  const goneOf = new Map(gone.map((image) => [repository(image.name), image]));
  const isNew = ({ name }: Named) => !known.has(name) || (name.includes("$") && isArgChanged);
  const hints = is.images.filter(isNew).map((image): Hint => {
    const old = goneOf.get(repository(image.name)) ?? gone[0];
    const instead = old ? ` instead of ${quoted(old.name)}` : "";
    const says = `takes ${quoted(image.name)}${instead}${softness(image.name)}`;
    return { label: NEW_BASE, says, row: image.row };
  });
  const last = is.lastBase;
  if (was?.lastBase && last && last.name !== was.lastBase.name && known.has(last.name)) {
    const says = `is now the base of the last stage, instead of ${quoted(was.lastBase.name)}`;
    hints.push({ label: NEW_BASE, says, row: last.row });
  }
  return hints;
}

function userHints(was: Stages | undefined, is: Stages): Hint[] {
  const old = was?.lastUser;
  const now = is.lastUser;
  const wasRoot = old && mayBeRoot(old.name);
  if (now && mayBeRoot(now.name) && !(wasRoot && old.name === now.name)) {
    const instead = old ? ` instead of as ${quoted(old.name)}` : "";
    const says = `lets the container run ${quoted(asRoot(now.name))}${instead}`;
    return [{ label: "ROOT", says, row: now.row }];
  }
  if (!now && old && !wasRoot) {
    const user = quoted(old.name);
    const says = `USER ${user} is gone: the container runs as its base image says, often as root`;
    return [{ label: "ROOT", says, row: undefined }];
  }
  return [];
}

/** A word of warning where the name does not say which image is meant. */
function softness(name: string): string {
  if (name.includes("$")) return ", which only the build resolves";
  if (/@sha256:[0-9a-f]{64}$/i.test(name)) return "";
  if (repository(name) === name || /:latest$/i.test(name)) return ", whatever is the latest then";
  return ", a tag that can come to mean another image";
}

function repository(name: string): string {
  const tagged = name.split("@", 1)[0] ?? "";
  const colon = tagged.lastIndexOf(":");
  return colon > tagged.lastIndexOf("/") ? tagged.slice(0, colon) : tagged;
}
