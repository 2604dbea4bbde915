/** From what the operator typed to the one proposal that is meant. */

import type { Found } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { Call } from "./command.ts";
import { shorten } from "./short_id.ts";

/** At most this many ids are named when a prefix is not enough. */
const MAX_NAMED = 10;

/** Finds the proposal whose id starts with the operand. Throws a failure when it is not one. */
export async function findItem(call: Call): Promise<Item> {
  const prefix = call.operand?.trim() ?? "";
  if (prefix === "") {
    throw new Failure(
      "usage",
      "an empty ID; the first characters of a proposal's id are wanted",
      call.next("list"),
    );
  }
  await requireBottle(call);
  const found = await reading(call, () => call.desk.find(prefix, call.slug));
  if (found.kind === "found") return found.item;
  throw found.kind === "none"
    ? notFound(call, prefix, found)
    : await ambiguous(call, prefix, found);
}

/** Lists the bottles; fails when the queue root is not there, or the bottle asked for is not. */
export async function requireBottle(call: Call): Promise<readonly Slug[]> {
  const bottles = await reading(call, () => call.desk.bottles());
  const { slug } = call;
  if (!slug || bottles.includes(slug)) return bottles;
  const known = bottles.length > 0 ? `, only for ${bottles.slice(0, MAX_NAMED).join(", ")}` : "";
  throw new Failure(
    "no-queue",
    `no queue for bottle ${slug} under ${call.desk.root}${known}`,
  );
}

/** Runs what reads the queues and says which root is meant when it cannot be read. */
export async function reading<T>(call: Call, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (isAbsence(error) && !await isDirectory(call.desk.root)) {
      throw new Failure(
        "no-queue",
        `no queue directory at ${call.desk.root}; the directory that the bottles' queues are ` +
          "mounted from is wanted",
        "supervisectl list --queue-root DIR",
      );
    }
    throw fromSystem(error, "cannot-read", `read the queues under ${call.desk.root}`);
  }
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory;
}

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isDirectory, () => false);
}

function notFound(
  call: Call,
  prefix: string,
  { unreadable }: Extract<Found, { kind: "none" }>,
): Failure {
  if (unreadable) {
    return new Failure(
      "cannot-read",
      `proposal ${shorten(unreadable.name)} of bottle ${unreadable.slug} cannot be read: ` +
        unreadable.why,
      call.next("list"),
    );
  }
  const where = call.slug ? `of bottle ${call.slug}` : `under ${call.desk.root}`;
  return new Failure(
    "not-found",
    `no proposal ${where} has an id that starts with "${prefix}"`,
    call.next("list", "--all"),
  );
}

async function ambiguous(
  call: Call,
  prefix: string,
  { ids }: Extract<Found, { kind: "ambiguous" }>,
): Promise<Failure> {
  const different = [...new Set(ids)];
  const [first] = different;
  if (first && different.length === 1) {
    const slugs: string[] = [];
    for (const slug of await call.desk.bottles()) {
      if ((await call.desk.find(first, slug)).kind !== "none") slugs.push(slug);
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
    call.next("list", "--all"),
  );
}
