/** Which live files several bottles have: what is approved for one of them is then open to all. */

import type { Slug } from "../../queue/layout.ts";
import type { TargetKind } from "../apply/edit.ts";
import { Failure } from "../failure.ts";
import type { Config, Target, Targets } from "./config.ts";
import { type Finding, unwell, well } from "./finding.ts";

interface Use {
  readonly slug: Slug;
  readonly kind: TargetKind;
}

/** By the file itself, however its path is written. */
export type SharedFiles = ReadonlyMap<string, readonly Use[]>;

/** So many bottles are named. */
const MAX_NAMED = 5;

export async function sharedFiles(config: Config, slugs: readonly Slug[]): Promise<SharedFiles> {
  const uses = new Map<string, Use[]>();
  for (const slug of slugs) {
    for (const target of Object.values(targetsOf(config, slug))) {
      const identity = await identityOf(target.path);
      const use = { slug, kind: target.kind };
      const known = uses.get(identity);
      if (known) known.push(use);
      else uses.set(identity, [use]);
    }
  }
  return uses;
}

/** What is to be known of the file of `target`, if others have it too. */
export async function checkShared(
  files: SharedFiles,
  slug: Slug,
  { kind, path }: Target,
): Promise<Finding | undefined> {
  const uses = files.get(await identityOf(path)) ?? [];
  const otherKind = uses.find((use) => use.kind !== kind);
  if (otherKind) {
    const of = `the ${otherKind.kind} file of bottle ${otherKind.slug}`;
    return unwell(`must be a file of its own, got ${of}`);
  }
  const slugs = uses.map((use) => use.slug).filter((other) => other !== slug);
  if (slugs.length === 0) return undefined;
  const more = slugs.length - MAX_NAMED;
  const names = slugs.slice(0, MAX_NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  return well(
    `is shared with bottle${slugs.length === 1 ? "" : "s"} ${names}: ` +
      "what is approved for one is open to all",
  );
}

/** A bottle whose targets are wrong is told of where it is looked at itself. */
function targetsOf(config: Config, slug: Slug): Targets {
  try {
    return config.targetsOf(slug);
  } catch (error) {
    if (error instanceof Failure) return {};
    throw error;
  }
}

async function identityOf(path: string): Promise<string> {
  return await Deno.stat(path).then(({ dev, ino }) => `${dev}:${ino ?? path}`, () => path);
}
