/** `init`: what a bottle needs on the host. */

import { parseSlug } from "../../queue/layout.ts";
import { init as initialize, type Initialized } from "../app/init.ts";
import { initRecord } from "../app/records/init.ts";
import { configPath } from "../config/read.ts";
import { shellWord } from "../config/shell_word.ts";
import { Failure } from "../failure.ts";
import type { Command, CommandContext } from "./command.ts";

export const init: Command = {
  name: "init",
  usage: "NAME",
  summary: "make what a bottle needs on the host",
  about: [
    "Makes the queue directory and the routes file of bottle NAME, the state directory, and a " +
    "configuration if there is none. What is there stays as it is.",
    "Then it says how the sidecar is started, and what to add to a configuration that has no routes " +
    "file for this bottle.",
  ],
  options: [],
  operand: { name: "NAME", required: true },
  examples: ["supervisectl init web-1"],
  acts: true,
  async run(context) {
    const { app, operand = "", out } = context;
    const slug = parseSlug(operand);
    if (!slug) {
      throw new Failure(
        "usage",
        'NAME must be a bottle\'s name (1 to 63 letters, digits, ".", "_" or "-"), got ' +
          `"${operand}"`,
        { do: "help", about: "init" },
      );
    }
    const made = await initialize(app, slug, configPath(context.text("config"), context.env));
    if (context.json) out.json(initRecord(slug, made));
    else print(context, slug, made);
  },
};

function print({ out, next }: CommandContext, slug: string, { places, entry }: Initialized): void {
  for (const { what, path, isNew } of places) {
    out.line(`${isNew ? "made " : "there"}  ${what.padEnd(13)}  ${path}`);
  }
  out.line();
  if (entry !== undefined) {
    const { path } = places.find(({ what }) => what === "configuration") ?? {};
    out.paragraph(`The configuration has no routes file for ${slug}. Add to bottles in ${path}:`);
    for (const line of entry.trimEnd().split("\n")) out.line(line);
    out.line();
  }
  const [queue] = places;
  out.paragraph(
    `Start the sidecar with SUPERVISE_BOTTLE_SLUG=${slug} and the queue directory mounted at ` +
      "/run/supervise/queue, as the user who owns it, and the egress proxy with the routes file.",
  );
  out.line(`  docker run -d --name supervise-${slug} --user "$(id -u):$(id -g)" \\`);
  out.line(
    `    -e SUPERVISE_BOTTLE_SLUG=${slug} -v ${
      shellWord(queue?.path ?? "")
    }:/run/supervise/queue supervise`,
  );
  out.line(`Then: ${next("doctor", "--slug", slug)}`);
}
