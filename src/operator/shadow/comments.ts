/** What a person should read beside each route of a trial run, as lines without their comment sign. */

import { count, type Notice } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import { type HostTally, MAX_COUNTED_PATHS, type RouteTally, type Tally } from "./tally.ts";

/** More of these are counted, not named. */
const MAX_HOSTS = 200;
const MAX_NAMED = 10;

/** Whatever may look like the end of a quoted reason. */
const QUOTE = /["\u201c-\u201f\u2033\u2036\u3003\uff02\u301d-\u301f]/g;

const NOT_HERE = "is not in here";

/** What the export is of, besides what was counted. */
export interface Run {
  readonly slug: string;
  /** What could not be read, so that it was not counted. */
  readonly unread: Unread;
}

export interface Unread {
  readonly records: number;
  /** Why more may be missing than these records. */
  readonly limits: readonly string[];
}

/** What it is, from when, and that no person has agreed to it. */
export function headLines(
  { slug, unread }: Run,
  tally: Tally,
  leftOut: readonly RouteTally[],
): string[] {
  const { asks, first = "", last = "", unusable, routes, uncountedPaths } = tally;
  return [
    `What a trial run of bottle ${slug} would have needed.`,
    `${count(asks, "ask")}, ${instant(first)} to ${instant(last)}; ` +
    `${count(routes.length, "host")}, most asked for first.`,
    "Prune this before you install it: an agent asked for all of it, and no person has agreed to any.",
    "To refuse a host, delete its whole entry: an entry without paths opens every path.",
    ...unread.records > 0
      ? [
        `! ${count(unread.records, "record")} could not be read: what ${
          unread.records === 1 ? "it" : "they"
        } asked for ${NOT_HERE}.`,
      ]
      : [],
    ...unread.limits.map((why) =>
      `! Not all records were read (${visibleLine(why)}): what the others asked for ${NOT_HERE}.`
    ),
    ...uncountedPaths > 0
      ? [
        `! More than ${
          MAX_COUNTED_PATHS.toLocaleString("en-US")
        } different paths: what asked for ` +
        `others, ${count(uncountedPaths, "time")}, ${NOT_HERE}.`,
      ]
      : [],
    ...unusable.length > 0
      ? [`! ${count(unusable.length, "ask")} not in the expected form: skipped.`]
      : [],
    ...leftOut.length > 0
      ? [`! No room for ${count(leftOut.length, "further host")}: ${named(leftOut)}.`]
      : [],
  ];
}

/** How often it was asked for, what may be dangerous about it, and why it was wanted. */
export function routeComments(route: RouteTally): string[] {
  const { asks, wholeHostAsks, hints } = route;
  const whole = wholeHostAsks === 0
    ? ""
    : wholeHostAsks === asks
    ? ", none of them with a path"
    : `, ${wholeHostAsks} of them without a path: so every path is allowed`;
  return [
    count(asks, "ask") + whole,
    ...hintLines(hints),
    ...reasonLines(route),
  ];
}

/** That there is more than the file has; nothing where there is not. */
export function furtherPathLines({ furtherPaths }: RouteTally): string[] {
  return furtherPaths > 0 ? [`and ${count(furtherPaths, "other path")}: not in here`] : [];
}

/** What was asked for and does not belong into a routes file. */
export function elsewhereLines({ pipelock, capabilityAsks }: Tally): string[] {
  const shown = pipelock.slice(0, MAX_HOSTS);
  const more = pipelock.length - shown.length;
  return [
    ...pipelock.length > 0
      ? [
        "",
        `Asked for at pipelock, whose allowlist is another file (${
          count(pipelock.length, "host")
        }):`,
        ...shown.flatMap(hostLines),
        ...more > 0 ? [`  and ${count(more, "host")} more`] : [],
      ]
      : [],
    ...capabilityAsks > 0
      ? ["", `${count(capabilityAsks, "ask")} for a changed Dockerfile: not part of this file.`]
      : [],
  ];
}

/** The lines behind a comment sign; an empty one stays empty. */
export function commented(lines: readonly string[]): string {
  return lines.map((line) => line === "" ? "\n" : `# ${line}\n`).join("");
}

function hostLines(tally: HostTally): string[] {
  const { host, asks, hints } = tally;
  const below = [...hintLines(hints), ...reasonLines(tally)];
  return [`  ${host}: ${count(asks, "ask")}`, ...below.map((line) => `    ${line}`)];
}

function reasonLines({ reasons, furtherReasons }: HostTally): string[] {
  return [
    // The count stands where the agent's words cannot: in front of them.
    ...reasons.map(({ text, asks }) =>
      `why${asks > 1 ? ` (${asks} times)` : ""}: "${text.replace(QUOTE, "'")}"`
    ),
    ...furtherReasons > 0 ? [`and ${count(furtherReasons, "other reason")}`] : [],
  ];
}

function hintLines(hints: readonly Notice[]): string[] {
  return hints.map(({ label, text }) => `! ${label}: ${visibleLine(text)}`);
}

function named(routes: readonly RouteTally[]): string {
  const more = routes.length - MAX_NAMED;
  return routes.slice(0, MAX_NAMED).map(({ host, asks }) => `${host} (${count(asks, "ask")})`)
    .join(", ") + (more > 0 ? ` and ${count(more, "other")}` : "");
}
