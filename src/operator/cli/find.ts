/** From what the operator typed to the one proposal that is meant. */

import type { Found } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { CommandContext } from "./command.ts";
import { shorten } from "./short_id.ts";

/** At most this many ids are named when a prefix is not enough. */
const MAX_NAMED = 10;

/** Finds the proposal whose id starts with the operand. Throws a failure when it is not one. */
export async function findItem(context: CommandContext): Promise<Item> {
  const prefix = context.operand?.trim() ?? "";
  if (prefix === "") {
    throw new Failure(
      "usage",
      "an empty ID; the first characters of a proposal's id are wanted",
      { do: "list" },
    );
  }
  await requireBottle(context);
  const found = await reading(context, () => context.app.desk.find(prefix, context.slug));
  if (found.kind === "found") return found.item;
  throw found.kind === "none"
    ? notFound(context, prefix, found)
    : await ambiguous(context, prefix, found);
}

/** Lists the bottles; fails when the queue root is not there, or the bottle asked for is not. */
export async function requireBottle(context: CommandContext): Promise<readonly Slug[]> {
  const bottles = await reading(context, () => context.app.desk.bottles());
  const { slug } = context;
  if (!slug || bottles.includes(slug)) return bottles;
  const known = bottles.length > 0 ? `, only for ${bottles.slice(0, MAX_NAMED).join(", ")}` : "";
  throw new Failure(
    "no-queue",
    `no queue for bottle ${slug} under ${context.app.desk.root}${known}`,
  );
}

/** Runs what reads the queues and says which root is meant when it cannot be read. */
export async function reading<T>(context: CommandContext, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsence(error) && !await isDirectory(context.app.desk.root)) {
      throw new Failure(
        "no-queue",
        `no queue directory at ${context.app.desk.root}; the directory that the bottles' queues are ` +
          "mounted from is wanted",
        { do: "name queue root" },
      );
    }
    throw fromSystem(error, "cannot-read", `read the queues under ${context.app.desk.root}`);
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}

function notFound(
  context: CommandContext,
  prefix: string,
  { unreadable }: Extract<Found, { kind: "none" }>,
): Failure {
  if (unreadable) {
    return new Failure(
      "cannot-read",
      `proposal ${shorten(unreadable.name)} of bottle ${unreadable.slug} cannot be read: ` +
        unreadable.why,
      { do: "list" },
    );
  }
  const where = context.slug ? `of bottle ${context.slug}` : `under ${context.app.desk.root}`;
  return new Failure(
    "not-found",
    `no proposal ${where} has an id that starts with "${prefix}"`,
    { do: "list", all: true },
  );
}

async function ambiguous(
  context: CommandContext,
  prefix: string,
  { ids }: Extract<Found, { kind: "ambiguous" }>,
): Promise<Failure> {
  const different = [...new Set(ids)];
  const [first] = different;
  if (first && different.length === 1) {
    const slugs: string[] = [];
    for (const slug of await context.app.desk.bottles()) {
      if ((await context.app.desk.find(first, slug)).kind !== "none") slugs.push(slug);
    }
    return new Failure(
      "ambiguous",
      `bottles ${slugs.join(" and ")} both have proposal ${shorten(first)}; --slug is wanted`,
    );
  }
  const named = different.sort().slice(0, MAX_NAMED).map((id) => shorten(id, different));
  const more = different.length - named.length;
  return new Failure(
    "ambiguous",
    `${different.length} proposals have an id that starts with "${prefix}": ${named.join(", ")}` +
      `${more > 0 ? ` and ${more} more` : ""}; more characters are wanted`,
    { do: "list", all: true },
  );
}
