/** Hints on what an image is built on and as whom it runs: both can change without a word of RUN. */

import type { Dockerfile } from "./dockerfile_lines.ts";
import { asRoot, type Image, mayBeRoot, type Stages, stagesOf } from "./dockerfile_stages.ts";
import { type Finding, quoted } from "./finding.ts";

const NEW_BASE = "NEW BASE IMAGE";

/** `before` is undefined when it is not known. */
export function baseFindings(before: Dockerfile | undefined, after: Dockerfile): Finding[] {
  const was = before && stagesOf(before);
  const is = stagesOf(after);
  return [...imageFindings(was, is), ...userFindings(was, is)];
}

function imageFindings(was: Stages | undefined, is: Stages): Finding[] {
  const known = new Set(was?.images.map(({ name }) => name));
  const kept = new Set(is.images.map(({ name }) => name));
  const gone = was?.images.filter(({ name }) => !kept.has(name)) ?? [];
  const goneOf = new Map(gone.map((image) => [repository(image.name), image]));
  const isNew = ({ name, isUnresolved }: Image) => isUnresolved || !known.has(name);
  const findings = is.images.filter(isNew).map((image): Finding => {
    const old = goneOf.get(repository(image.name)) ?? gone[0];
    const instead = old ? ` instead of ${quoted(old.name)}` : "";
    return {
      label: NEW_BASE,
      says: `takes ${quoted(image.name)}${instead}${softness(image)}`,
      row: image.row,
    };
  });
  const last = is.lastBase;
  if (was?.lastBase && last && last.name !== was.lastBase.name && known.has(last.name)) {
    findings.push({
      label: NEW_BASE,
      says: `is what the last stage is built on now, instead of ${quoted(was.lastBase.name)}`,
      row: last.row,
    });
  }
  return findings;
}

function userFindings(was: Stages | undefined, is: Stages): Finding[] {
  const old = was?.lastUser;
  const now = is.lastUser;
  const wasRoot = old && mayBeRoot(old.name);
  if (now && mayBeRoot(now.name) && !(wasRoot && old.name === now.name)) {
    const instead = old ? ` instead of as ${quoted(old.name)}` : "";
    const says = `lets the container run ${asRoot(now.name)}${instead}`;
    return [{ label: "ROOT", says, row: now.row }];
  }
  if (!now && old && !wasRoot) {
    const says = `USER ${
      quoted(old.name)
    } is gone: the container runs as its base image says, often as root`;
    return [{ label: "ROOT", says, row: undefined }];
  }
  return [];
}

/** A word of warning where the name does not say which image is meant. */
function softness({ name, isUnresolved }: Image): string {
  if (isUnresolved || name.includes("$")) return ", which only the build resolves";
  if (/@sha256:[0-9a-f]{64}$/i.test(name)) return "";
  if (repository(name) === name || /:latest$/i.test(name)) return ", whatever is the latest then";
  return ", a tag that can come to mean another image";
}

function repository(name: string): string {
  const tagged = name.split("@", 1)[0] ?? "";
  const colon = tagged.lastIndexOf(":");
  return colon > tagged.lastIndexOf("/") ? tagged.slice(0, colon) : tagged;
}
