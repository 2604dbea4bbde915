/**
 * The justifications with which an agent made the same ask again (`<id>.repeats.json`), for the
 * operator to read beside the first. They ask for nothing more, so no decision depends on them.
 */

import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { recordForm } from "./record.ts";

/** At most this many are kept: the latest. */
export const MAX_REPEATS = 10;

/** One further justification of an ask that is in the queue already. */
const repeat = z.object({
  justification: z.string(),
  /** ISO 8601, UTC; empty where the file holds no such thing. */
  asked_at: z.string().transform((text) => text.length > MAX_TIME_LENGTH ? "" : text),
});

export type Repeat = Readonly<z.output<typeof repeat>>;

const repeatsFile = z.object({
  proposal_id: z.string(),
  /** Oldest first. */
  repeats: z.array(repeat).transform((all) => all.slice(-MAX_REPEATS)),
});

export const { parse: parseRepeats, read: readRepeats } = recordForm("repeats", repeatsFile);
