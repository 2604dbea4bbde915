/** What names and values set by ENV, ARG and LABEL can mean. */

import { assignmentsIn, unquoted } from "./assignments.ts";
import type { Instruction } from "./dockerfile_lines.ts";
import type { Finding } from "./finding.ts";

const KEYWORDS = ["ENV", "ARG", "LABEL"];

const SECRET_NAME =
  /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY|_PAT(?!H)|_PWD/i;

/** Programs that have nothing to do with each other run or load what these name. */
const LOADING = [
  ...["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PROMPT_COMMAND", "PERL5OPT"],
  ...["NODE_OPTIONS", "NODE_PATH", "PYTHONSTARTUP", "PYTHONPATH", "RUBYOPT", "JAVA_TOOL_OPTIONS"],
  ...["GIT_SSH_COMMAND", "GIT_EXEC_PATH"],
];

/** Where programs are looked for anyway, and what `PATH` was before. */
const USUAL_FIRST = /^(?:\$\{?PATH\}?|(?:\/usr(?:\/local)?)?\/s?bin)$/;

export function variableFindings({ keyword, args, rows }: Instruction): Finding[] {
  if (!KEYWORDS.includes(keyword)) return [];
  const findings: Finding[] = [];
  const found = new Set<string>();
  const add = (label: string, says: string, name: string) => {
    if (found.has(label)) return;
    found.add(label);
    const row = rows.find(({ text }) => text.includes(name)) ?? rows[0];
    findings.push({ label, says, row });
  };
  for (const { name: written, value } of assignmentsIn(args, keyword !== "ARG")) {
    const name = unquoted(written);
    const plain = unquoted(value ?? "");
    if (plain === "") continue;
    if (SECRET_NAME.test(name)) {
      const says = "may write a secret into the image, where everybody can read it";
      add("SECRET IN IMAGE", says, written);
    }
    if (keyword === "LABEL") continue;
    if (LOADING.includes(name)) add("LOADS CODE", "makes other programs run or load more", written);
    if (name === "PATH" && !USUAL_FIRST.test(plain.split(":", 1)[0] ?? "")) {
      add("LOADS CODE", "changes where programs are looked for first", written);
    }
  }
  return findings;
}
