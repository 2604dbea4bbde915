/** What a trial run recorded, counted and made into the routes file that it would have needed. */

import { basename, dirname, resolve } from "node:path";
import { publishFirst } from "../../queue/durable.ts";
import type { Skipped } from "../../queue/item.ts";
import { recordName, SHADOW_DIRECTORY, type Slug } from "../../queue/layout.ts";
import { readShadow, shadowDirectory } from "../../queue/shadow_records.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { Unread } from "../shadow/comments.ts";
import { type RoutesFile, routesFile } from "../shadow/routes_file.ts";
import { type Tally, Tallying } from "../shadow/tally.ts";
import type { App } from "./app.ts";
import { reading, requireBottle } from "./find.ts";

export interface ShadowExport {
  readonly tally: Tally;
  /** Records that could not be read or understood. */
  readonly skipped: readonly Skipped[];
  readonly file: RoutesFile;
}

/** Throws a failure when the bottle has no queue, or its records cannot be read. */
export async function exportShadow(app: App, slug: Slug): Promise<ShadowExport> {
  await requireBottle(app, slug);
  const tallying = new Tallying();
  const unread = await reading(
    app,
    () => readShadow(app.desk.root, slug, (ask) => tallying.add(ask)),
  );
  const tally = tallying.end();
  return {
    tally,
    skipped: [...unread, ...unusable(slug, tally)],
    file: routesFile({ slug, unread: unreadOf(unread) }, tally),
  };
}

/** The directory's own name stands for what is missing of it as a whole. */
function unreadOf(skipped: readonly Skipped[]): Unread {
  const limits = skipped.filter(({ name }) => name === SHADOW_DIRECTORY).map(({ why }) => why);
  return { records: skipped.length - limits.length, limits };
}

function unusable(slug: Slug, tally: Tally): Skipped[] {
  return tally.unusable.map(({ id, why }) => ({
    slug,
    name: `${SHADOW_DIRECTORY}/${recordName(id, "proposal")}`,
    why: `not in the expected form: ${why}`,
  }));
}

/** Throws a failure when there was no ask to count. */
export function requireAsks({ desk }: App, slug: Slug, { tally, skipped }: ShadowExport): void {
  if (tally.asks > 0) return;
  const place = shadowDirectory(desk.root, slug);
  throw new Failure(
    "not-found",
    skipped.length > 0
      ? `none of the records in ${place} can be used; remove that directory and make the trial ` +
        `run of bottle ${slug} again`
      : `${place} has no record of a trial run of bottle ${slug}; start its sidecar with ` +
        "SUPERVISE_MODE=shadow, let the agent do its work, and export then",
  );
}

/** Writes a file that was not there before; survives a power cut when it returns. */
export async function writeExport(path: string, { text }: RoutesFile): Promise<void> {
  const whole = resolve(path);
  try {
    if (await publishFirst(dirname(whole), basename(whole), text) === "published") return;
  } catch (error) {
    throw fromSystem(error, "cannot-write", `write ${path}`);
  }
  throw new Failure("cannot-write", `${path} is there already; name a new file`);
}
