/** `shadow export`: the routes file that a trial run would have needed, to be pruned by a person. */

import { dirname, resolve } from "node:path";
import type { Slug } from "../../queue/layout.ts";
import { shadowRecord } from "../app/records/shadow.ts";
import { exportShadow, requireAsks, writeExport } from "../app/shadow_export.ts";
import { requireApart } from "../config/among_queues.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import type { RoutesFile } from "../shadow/routes_file.ts";
import { reportSkipped } from "./beside_lists.ts";
import type { Command, CommandContext } from "./command.ts";

export const shadow: Command = {
  name: "shadow",
  usage: "export --slug SLUG [--output FILE]",
  summary: "export the routes that a trial run would have needed",
  about: [
    "A sidecar that is started with SUPERVISE_MODE=shadow only records what the agent asks for. " +
    "shadow export prints the routes file that the run would have needed, or writes " +
    "it to a new file: hosts and paths, most asked for first, with counts, reasons and warnings in " +
    "comments. Prune it before you install it: no operator has agreed to any of it. To refuse a host, " +
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
    const exported = await exportShadow(context.app, slug);
    const { tally, skipped, file } = exported;
    if (!context.json) reportSkipped(context.err, skipped);
    requireAsks(context.app, slug, exported);
    if (output !== undefined) await writeExport(output, file);
    if (context.json) return context.out.json(shadowRecord(slug, tally, file, skipped, output));
    tell(context, file, output);
  },
};

function bottleOf({ operand, slug }: CommandContext): Slug {
  if (operand !== "export") {
    throw new Failure(
      "usage",
      `shadow must be followed by export, got "${operand}"`,
      { do: "help", about: "shadow" },
    );
  }
  if (slug) return slug;
  throw new Failure(
    "usage",
    "shadow export needs --slug, the bottle whose trial run it exports",
    { do: "export shadow" },
  );
}

/** Refuses a name that would become a file in an unexpected place, such as one called "-". */
function requireFileName(output: string): void {
  if (output === "-") {
    throw new Failure(
      "usage",
      "--output must name a new file, got -; without --output the export is printed",
      { do: "export shadow" },
    );
  }
  if (!/(^|\/)\.{0,2}$/.test(output)) return;
  throw new Failure(
    "usage",
    `--output must name a new file, got the directory "${output}"`,
    { do: "export shadow", output: "FILE" },
  );
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
        "delete what the bottle must not reach, a host with its whole entry: an entry without " +
        "paths opens every path.",
    );
  }
  for (const line of text.replace(/\n$/, "").split("\n")) context.out.line(line);
}
