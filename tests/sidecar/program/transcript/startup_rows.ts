/** Transcript, part 8: settings, and the exit code and the one line they end with. */

import type { Reason } from "./row.ts";

export interface StartupOutcome {
  /** `runs`: it listens, and SIGINT ends it with exit code 0. */
  readonly exit: number | "runs";
  readonly stderr: RegExp;
}

export interface StartupRow {
  readonly name: string;
  /** Null takes a variable out. */
  readonly env: Readonly<Record<string, string | null>>;
  readonly expect: StartupOutcome;
  readonly differs?: Reason;
  readonly reference?: StartupOutcome;
}

function refused(variable: string): StartupOutcome {
  return { exit: 2, stderr: new RegExp(`^supervise: .*${variable}.*\\n$`) };
}

const TIMEOUT = "SUPERVISE_RESPONSE_TIMEOUT_SECONDS";
const LISTENING =
  /supervise listening on 127\.0\.0\.1:\d+; slug='?s'?; queue=\S+; tools: egress-block, /;

function timeout(value: string): Omit<StartupRow, "name"> {
  return { env: { [TIMEOUT]: value }, expect: refused(`${TIMEOUT} must be a positive`) };
}

/** Taken by the earlier server, which then waited for ever. */
function endless(value: string): Omit<StartupRow, "name"> {
  return {
    ...timeout(value),
    differs: "settings",
    reference: { exit: "runs", stderr: LISTENING },
  };
}

export const STARTUP_ROWS: readonly StartupRow[] = [
  {
    name: "no slug",
    env: { SUPERVISE_BOTTLE_SLUG: null },
    expect: refused("SUPERVISE_BOTTLE_SLUG"),
  },
  {
    name: "an empty slug",
    env: { SUPERVISE_BOTTLE_SLUG: "" },
    expect: refused("SUPERVISE_BOTTLE_SLUG"),
  },
  { name: "a time-out that is not a number", ...timeout("abc") },
  { name: "a time-out of 0", ...timeout("0") },
  { name: "a time-out below 0", ...timeout("-1") },
  {
    name: "a blank time-out, which means the default",
    env: { [TIMEOUT]: "  " },
    expect: { exit: "runs", stderr: LISTENING },
  },
  { name: "a time-out of nan", ...endless("nan") },
  { name: "a time-out of inf", ...endless("inf") },
  {
    name: "a port that is not a number",
    env: { SUPERVISE_PORT: "x" },
    differs: "settings",
    expect: refused("SUPERVISE_PORT"),
    reference: { exit: 1, stderr: /ValueError: invalid literal for int\(\) with base 10: 'x'/ },
  },
  {
    name: "an address that this machine does not have",
    env: { SUPERVISE_BIND: "203.0.113.1" },
    differs: "settings",
    expect: { exit: 2, stderr: /^supervise: .*203\.0\.113\.1.*\n$/ },
    reference: { exit: 1, stderr: /OSError: \[Errno 99\] Cannot assign requested address/ },
  },
];
