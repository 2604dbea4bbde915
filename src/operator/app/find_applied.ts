/** From the beginning of an id to the one approval that is meant to be taken back. */

import type { Slug } from "../../queue/layout.ts";
import { Failure } from "../failure.ts";
import type { ChangeRecord } from "../live/record.ts";
import { instantAndAge } from "../when.ts";
import type { App } from "./app.ts";
import { addedNothing, isLost } from "./ends_with.ts";
import { onlyOne } from "./find.ts";
import { shorten } from "./shorten.ts";

/** Finds what was applied by the beginning of its id. Throws a failure when it is not one. */
export async function findApplied(
  app: App,
  id: string | undefined,
  slug?: Slug,
): Promise<ChangeRecord> {
  const prefix = id?.trim().toLowerCase() ?? "";
  if (prefix === "") {
    throw new Failure("usage", "the ID is empty; give the first characters of one");
  }
  const one = onlyOne(
    await app.changes.applied(slug, prefix),
    "approvals",
    prefix,
    ({ id, slug }) => `${shorten(id)} (bottle ${slug})`,
  );
  if (one) return one;
  const [undone] = await app.changes.undone(slug, prefix);
  if (undone) {
    throw new Failure(
      "nothing-to-undo",
      `${shorten(undone.id)} (bottle ${undone.slug}) was taken back by ${undone.operator} at ` +
        instantAndAge(undone.begun_at, app.now()),
      { do: "approve", id: undone.id },
    );
  }
  const [idle] = (await app.changes.standing(slug, prefix)).filter(addedNothing);
  if (idle) {
    const id = shorten(idle.id);
    const lost = await isLost(app, idle);
    throw new Failure(
      "nothing-to-undo",
      `${id} (bottle ${idle.slug}) added nothing: the live files said it already when it was ` +
        `approved, ${lost ? "and no longer do" : "and it ends when what grants it is undone"}`,
      { do: "show", id },
    );
  }
  throw new Failure(
    "nothing-to-undo",
    `nothing that this program applied and did not take back has an id that starts with "${prefix}"`,
    { do: "audit" },
  );
}
