/** `shadow export`: the routes file that a trial run would have needed, to be pruned by a person. */

import { basename, dirname, resolve } from "node:path";
import { publishFirst } from "../../queue/durable.ts";
import type { Skipped } from "../../queue/item.ts";
import { recordName, SHADOW_DIRECTORY, type Slug } from "../../queue/layout.ts";
import { readShadow, shadowDirectory } from "../../queue/shadow_records.ts";
import { shadowRecord } from "../app/records/shadow.ts";
import { requireApart } from "../config/among_queues.ts";
import { Failure, fromSystem } from "../failure.ts";
import { count } from "../review/kind.ts";
import type { Unread } from "../shadow/comments.ts";
import { type RoutesFile, routesFile } from "../shadow/routes_file.ts";
import { type Tally, Tallying } from "../shadow/tally.ts";
import type { Command, CommandContext } from "./command.ts";
import { reading, requireBottle } from "../app/find.ts";
import { reportSkipped } from "./skipped.ts";

export const shadow: Command = {
  name: "shadow",
  usage: "export --slug SLUG [--output FILE]",
  summary: "export the routes that a trial run would have needed",
  about: [
    "A sidecar that is started with SUPERVISE_MODE=shadow records what the agent asks for, and " +
    "asks nobody. shadow export prints the routes file that the run would have needed, or writes " +
    "it to a new file: hosts and paths, most asked for first, with counts, reasons and warnings in " +
    "comments. Prune it before you install it: no person has agreed to any of it. To refuse a host, " +
    "delete its whole entry: an entry without paths opens every path.",
    "Secrets that were asked for are comments too, and take effect only when you take the comment " +
    "signs away. So is what was asked for at pipelock.",
    "Records that cannot be read are named on stderr and do not stop the rest. All runs are " +
    "counted until you remove the bottle's directory shadow/ from its queue.",
  ],
  options: ["output"],
  operand: { name: "export", required: true },
  examples: [
    "supervisectl shadow export --slug dev",
    "supervisectl shadow export --slug dev --output routes.yaml",
    "supervisectl shadow export --slug dev --json | jq -r '.routes[].host'",
  ],
  acts: ({ texts }) => texts.has("output"),
  async run(context) {
    const slug = bottleOf(context);
    const output = context.text("output");
    if (output !== undefined) {
      requireFileName(output);
      const relied = { what: "--output: the directory", path: dirname(resolve(output)) };
      await requireApart(relied, context.app.desk.root, "cannot-write");
    }
    await requireBottle(context.app, context.slug);
    const { root } = context.app.desk;
    const tallying = new Tallying();
    const unread = await reading(
      context.app,
      () => readShadow(root, slug, (ask) => tallying.add(ask)),
    );
    const tally = tallying.end();
    const skipped = [...unread, ...unusable(slug, tally)];
    if (!context.json) reportSkipped(context.err, skipped);
    if (tally.asks === 0) throw nothingRecorded(context, slug, skipped.length);
    const file = routesFile({ slug, unread: unreadOf(unread) }, tally);
    if (output !== undefined) await writeNew(output, file.text);
    if (context.json) return context.out.json(shadowRecord(slug, tally, file, skipped, output));
    tell(context, file, output);
  },
};

function bottleOf({ operand, slug }: CommandContext): Slug {
  if (operand !== "export") {
    throw new Failure(
      "usage",
      `shadow has no "${operand}"; export is wanted`,
      { do: "help", about: "shadow" },
    );
  }
  if (slug) return slug;
  throw new Failure(
    "usage",
    "shadow export has no --slug; the bottle whose trial run is meant is wanted",
    { do: "export shadow" },
  );
}

/** Refuses a name that would become a file where nobody looks for it, such as one called "-". */
function requireFileName(output: string): void {
  if (output === "-") {
    throw new Failure(
      "usage",
      "--output - names no file; without --output the export is printed",
      { do: "export shadow" },
    );
  }
  if (!/(^|\/)\.{0,2}$/.test(output)) return;
  throw new Failure(
    "usage",
    `--output "${output}" names a directory; the name of a new file is wanted`,
    { do: "export shadow", output: "FILE" },
  );
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

function nothingRecorded({ app: { desk } }: CommandContext, slug: Slug, skipped: number): Failure {
  const place = shadowDirectory(desk.root, slug);
  return new Failure(
    "not-found",
    skipped > 0
      ? `none of the records in ${place} can be used; remove that directory and make the trial ` +
        `run of bottle ${slug} again`
      : `no trial run of bottle ${slug} is on record in ${place}; start its sidecar with ` +
        "SUPERVISE_MODE=shadow, let the agent do its work, and export then",
  );
}

/** Survives a power cut when it returns; what is there is never replaced. */
async function writeNew(path: string, text: string): Promise<void> {
  const whole = resolve(path);
  try {
    if (await publishFirst(dirname(whole), basename(whole), text) === "published") return;
  } catch (error) {
    throw fromSystem(error, "cannot-write", `write ${path}`);
  }
  throw new Failure("cannot-write", `${path} is there already; the name of a new file is wanted`);
}

function tell(context: CommandContext, file: RoutesFile, output: string | undefined): void {
  const { text, routes, leftOut } = file;
  if (leftOut.length > 0) {
    context.err.paragraph(
      `supervisectl: no room for ${count(leftOut.length, "further host")} in a routes file of at ` +
        "most 1 MiB; --json names them",
    );
  }
  if (output !== undefined) {
    return context.out.paragraph(
      `Wrote ${count(routes.length, "host")} to ${output}. Read it before you install it, and ` +
        "delete what the bottle shall not reach, a host with its whole entry: an entry without " +
        "paths opens every path.",
    );
  }
  for (const line of text.replace(/\n$/, "").split("\n")) context.out.line(line);
}
