/** What a person should read beside each route of a trial run, as lines without their comment sign. */

import { count, type Notice } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import type { HostTally, RouteTally, Tally } from "./tally.ts";

/** More of these are counted, not named. */
const MAX_HOSTS = 200;
const MAX_NAMED = 10;

/** What it is, from when, and that nobody has agreed to it. */
export function headLines(slug: string, tally: Tally, leftOut: readonly RouteTally[]): string[] {
  const { asks, first = "", last = "", unusable, routes } = tally;
  return [
    `What a trial run of bottle ${slug} would have needed.`,
    `${count(asks, "ask")}, ${instant(first)} to ${instant(last)}; ` +
    `${count(routes.length, "host")}, most asked for first.`,
    "Prune this before you install it: an agent asked for all of it, and nobody has agreed to any.",
    ...unusable.length > 0
      ? [`! ${count(unusable.length, "ask")} not in the expected form: skipped.`]
      : [],
    ...leftOut.length > 0
      ? [`! No room for ${count(leftOut.length, "further host")}: ${named(leftOut)}.`]
      : [],
  ];
}

/** How often it was asked for, what may be dangerous about it, and why it was wanted. */
export function routeComments(route: RouteTally, further: readonly Notice[] = []): string[] {
  const { asks, wholeHostAsks, hints } = route;
  const whole = wholeHostAsks === 0
    ? ""
    : wholeHostAsks === asks
    ? ", none of them with a path"
    : `, ${wholeHostAsks} of them without a path: so every path is allowed`;
  return [
    count(asks, "ask") + whole,
    ...hintLines([...hints, ...further]),
    ...reasonLines(route),
  ];
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
    ...reasons.map(({ text, asks }) => `why: "${text}"${asks > 1 ? ` (${asks} times)` : ""}`),
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
