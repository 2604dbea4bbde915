/** The text of configurations, and what makes a wrong one a case of a table. */

import type { Slug } from "../../../src/queue/layout.ts";

export const FILE = "/etc/supervise/config.yaml";

export const of = (slug: string) => slug as Slug;

/** An entry whose routes have these further lines, from line 4 on. */
export const routes = (...lines: readonly string[]) =>
  ["bottles:", "  - routes:", "      file: /r/{slug}.yaml", ...lines.map((line) => `      ${line}`)]
    .join("\n") + "\n";

export const file = (text: string) => `bottles:\n  - routes:\n      file: ${text}\n`;
export const matching = (text: string) => `bottles:\n  - match: ${text}\n    routes: {file: /a}\n`;

export const ARGV = "a list of the command and its arguments";
export const R = "bottles[0].routes";

export interface Wrong {
  readonly name: string;
  readonly text: string;
  /** `LINE: what is wrong`, each. */
  readonly problems: readonly string[];
  /** What stands at the end of the message. */
  readonly more?: string;
}

export const wrong = (name: string, text: string, ...problems: readonly string[]): Wrong => ({
  name,
  text,
  problems,
});
