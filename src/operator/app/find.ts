/** From what the operator typed to the one proposal that is meant. */

import type { FoundProposal } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { App } from "./app.ts";
import { shorten } from "./shorten.ts";

/** At most this many ids are named when a prefix is not enough. */
const MAX_NAMED = 10;

/** Finds the proposal whose id starts with `prefix`. Throws a failure unless there is exactly one. */
export async function findItem(app: App, prefix: string | undefined, slug?: Slug): Promise<Item> {
  const start = prefix?.trim() ?? "";
  if (start === "") {
    throw new Failure("usage", "the ID is empty; give the first characters of one", { do: "list" });
  }
  await requireBottle(app, slug);
  const found = await reading(app, () => app.desk.find(start, slug));
  if (found.kind === "found") return found.item;
  throw found.kind === "none"
    ? notFound(app, start, slug, found)
    : await ambiguous(app, start, found);
}

/** Lists the bottles. Throws a failure when the queue root is not there, or the bottle is not. */
export async function requireBottle(app: App, slug?: Slug): Promise<readonly Slug[]> {
  const bottles = await reading(app, () => app.desk.bottles());
  if (!slug || bottles.includes(slug)) return bottles;
  const known = bottles.length > 0 ? `, only for ${bottles.slice(0, MAX_NAMED).join(", ")}` : "";
  throw new Failure("no-queue", `no queue for bottle ${slug} under ${app.desk.root}${known}`);
}

/** Runs what reads the queues and says which root is meant when it cannot be read. */
export async function reading<T>(app: App, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsence(error) && !await isDirectory(app.desk.root)) {
      throw new Failure(
        "no-queue",
        `no queue directory at ${app.desk.root}; the queue root must be the directory that the ` +
          "bottles' queues are mounted from",
        { do: "name queue root" },
      );
    }
    throw fromSystem(error, "cannot-read", `read the queues under ${app.desk.root}`);
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}

function notFound(
  app: App,
  prefix: string,
  slug: Slug | undefined,
  { unreadable }: Extract<FoundProposal, { kind: "none" }>,
): Failure {
  if (unreadable) {
    return new Failure(
      "cannot-read",
      `proposal ${shorten(unreadable.name)} of bottle ${unreadable.slug} cannot be read: ` +
        unreadable.why,
      { do: "list" },
    );
  }
  const where = slug ? `of bottle ${slug}` : `under ${app.desk.root}`;
  return new Failure(
    "not-found",
    `no proposal ${where} has an id that starts with "${prefix}"`,
    { do: "list", all: true },
  );
}

/** The only one of `found`; undefined for none. Throws a failure that names them where there are more. */
export function onlyOne<T>(
  found: readonly T[],
  what: string,
  prefix: string,
  nameOf: (one: T) => string,
): T | undefined {
  if (found.length <= 1) return found[0];
  throw new Failure(
    "ambiguous",
    `${found.length} ${what} have an id that starts with "${prefix}": ` +
      `${found.map(nameOf).join(", ")}; give more characters, or name the bottle`,
    { do: "name bottle" },
  );
}

async function ambiguous(
  app: App,
  prefix: string,
  { ids }: Extract<FoundProposal, { kind: "ambiguous" }>,
): Promise<Failure> {
  const different = [...new Set(ids)];
  const [first] = different;
  if (first && different.length === 1) {
    const slugs: string[] = [];
    for (const slug of await app.desk.bottles()) {
      if ((await app.desk.find(first, slug)).kind !== "none") slugs.push(slug);
    }
    return new Failure(
      "ambiguous",
      `bottles ${slugs.join(" and ")} both have proposal ${shorten(first)}; name the bottle`,
      { do: "name bottle" },
    );
  }
  const named = different.sort().slice(0, MAX_NAMED).map((id) => shorten(id, different));
  const more = different.length - named.length;
  return new Failure(
    "ambiguous",
    `${different.length} proposals have an id that starts with "${prefix}": ${named.join(", ")}` +
      `${more > 0 ? ` and ${more} more` : ""}; give more characters`,
    { do: "list", all: true },
  );
}
