/** `--since` and `--until`: times as people type them. All of them are UTC, as in the log. */

import { Failure } from "../failure.ts";
import { instant } from "../when.ts";
import type { CommandContext } from "./command.ts";

const DAY_MS = 86_400_000;
const UNIT_MS = { m: 60_000, h: 3_600_000, d: DAY_MS } as const;
const AGO = /^(\d{1,7})([mhd])$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/;

/** From `since` on and before `before`, in milliseconds since 1970. */
export interface Period {
  readonly since: number | undefined;
  readonly before: number | undefined;
}

/** A day is meant from its beginning for `--since`, and to its end for `--until`. */
export function periodOf(context: CommandContext): Period {
  const since = read(context, "since")?.from;
  const before = read(context, "until")?.before;
  if (since === undefined || before === undefined || since < before) return { since, before };
  throw new Failure(
    "usage",
    `--since "${context.text("since")}" must be before --until "${context.text("until")}"`,
  );
}

function read(
  context: CommandContext,
  option: "since" | "until",
): { readonly from: number; readonly before: number } | undefined {
  const text = context.text(option)?.trim();
  if (text === undefined) return undefined;
  const now = context.app.now().getTime();
  const [, count, unit] = AGO.exec(text) ?? [];
  if (unit) return at(now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  const word = text.toLowerCase();
  const today = now - now % DAY_MS;
  if (word === "today") return { from: today, before: today + DAY_MS };
  if (word === "yesterday") return { from: today - DAY_MS, before: today };
  const isDay = DAY.test(text);
  const [, zone] = TIME.exec(text) ?? [];
  const time = Date.parse(
    isDay ? text : TIME.test(text) ? `${text.replace(" ", "T")}${zone ? "" : "Z"}` : "",
  );
  // The 30th of February is the 2nd of March to JavaScript.
  const isReal = instant(`${text.slice(0, 10)}T00:00Z`).startsWith(text.slice(0, 10));
  if (!isReal || Number.isNaN(time)) throw noTime(option, text);
  return isDay ? { from: time, before: time + DAY_MS } : at(time);
}

function at(time: number) {
  return { from: time, before: time };
}

function noTime(option: string, text: string): Failure {
  return new Failure(
    "usage",
    `--${option} must be a time in UTC such as 2026-11-01, 2026-11-01T12:00, today, yesterday, ` +
      `or 90m, 12h, 3d ago, got "${text}"`,
    { do: "help", about: "audit" },
  );
}
