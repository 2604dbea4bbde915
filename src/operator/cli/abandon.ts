/** `doctor --abandon`: what it would end and what stays as it is, shown before it is asked for. */

import { abandon, type Abandonable, findAbandonable, HOLDS } from "../app/abandon.ts";
import { abandonRecord } from "../app/records/answer.ts";
import { shorten } from "../app/shorten.ts";
import { Failure } from "../failure.ts";
import { workOf } from "../live/record.ts";
import { instantAndAge } from "../when.ts";
import { asOperator, type CommandContext } from "./command.ts";

export async function abandonInterrupted(context: CommandContext, prefix: string): Promise<void> {
  const { app, confirm, json, out, slug } = context;
  await asOperator(context, async (actor) => {
    using found = await findAbandonable(app, actor, prefix, slug);
    if (!json) print(context, found);
    if (confirm && !await confirm("Abandon it?", actor.signal)) {
      throw new Failure("interrupted", "nothing was changed");
    }
    await abandon(app, actor, found);
    if (json) out.json(abandonRecord(found));
    else out.line("Abandoned.");
  });
}

function print({ app, out }: CommandContext, { open: { record }, files, kept }: Abandonable): void {
  const { id, slug, operator, begun_at } = record;
  out.paragraph(
    `The ${workOf(record)} of ${shorten(id)} (bottle ${slug}), begun by ` +
      `${operator} at ${instantAndAge(begun_at, app.now())}, was interrupted.`,
  );
  for (const { file, holds } of files) out.paragraph(`${file.target.path} ${HOLDS[holds]}.`);
  out.paragraph(
    "This stays so: no live file is written, no command is run, and nothing is decided. The texts " +
      `from before it and after it are kept in ${kept}.`,
  );
}
