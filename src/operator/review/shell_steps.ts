/** Takes the shell lines of an instruction apart: which step fetches, and which runs what was fetched. */

import type { Row } from "./dockerfile_lines.ts";

/** What stands between two places where a shell starts, pipes or substitutes something. */
export interface Step {
  /** What opened it: `|`, `$(`, `;`, …; empty for the first. */
  readonly opener: string;
  text: string;
  isBlank: boolean;
  row: Row;
}

export interface Remote {
  /** `runs`: it may run what it has fetched; `fetches`: it only may be there to be run later. */
  readonly kind: "runs" | "fetches";
  readonly row: Row;
}

const OPENERS = /(\|\||&&|\|&?|[;&\n]|\$\(|[<>]\(|[()`])/;

const GIT_FETCH = /^(?:clone|pull|fetch|submodule|ls-remote|archive)$/;

/** Looked for as words, also at the end of a path. */
const FETCHERS = new RegExp(
  "(?<![\\w.-])(" + [
    "curl|wget2?|aria2c|axel|lynx|w3m|https?(?= )|fetch(?=[ (])|lwp-\\w+|scp|sftp|ftp|rsync|nc|ncat",
    "netcat|socat|telnet|gh(?= +(?:release|api))",
    "urlopen|urlretrieve|urllib[\\w.]*|requests\\.\\w+|https?\\.get|LWP[\\w:]*|Net::HTTP|open-uri",
    "file_get_contents|Invoke-\\w*Request|iwr|Download(?:String|File)|oras|skopeo|crane|gsutil",
    "rclone|aws(?= +s3)",
  ].join("|") + ")(?![\\w.-])|/dev/(?:tcp|udp)/",
  "i",
);

export const SHELL = /^(ba|da|z|k|a|c|tc|fi|mk|pw)?sh$|^\$\{?(0|SHELL)\}?$/;
const INTERPRETER = new RegExp(
  `${SHELL.source}|^(busybox|toybox|(python|pypy|perl|ruby|php|lua)[\\d.]*|node(js)?|deno|bun|tclsh|` +
    "Rscript|julia|java|g?awk|powershell|eval|source|exec|\\.)$",
);

/** Runs, installs or makes executable what an earlier step has put into a file. */
const STARTER = /^(chmod|dpkg|rpm|alien|make|cmake|install|insmod)$/;

/** Words that only say how the next one is started. */
const WRAPPER =
  /^(sudo|doas|env|exec|command|nohup|time|timeout|nice|ionice|xargs|setsid|stdbuf|su|su-exec|gosu|chroot|if|then|else|elif|do|while|until|!|\{|-.*|\d[\d.]*[smhd]?|[A-Za-z_]\w*=.*)$/;

/** The instructions that have a shell line of their own. */
const INSTRUCTION = /^(onbuild|run|cmd|entrypoint|healthcheck)$/i;

/** What these are followed by are names of packages and files. */
const PACKAGE_MANAGER = new RegExp(
  "^(apt|apt-get|aptitude|apk|dnf|microdnf|yum|zypper|pacman|brew|pkg|emerge|conda|mamba|nix-env|" +
    "docker-php-ext-install|pip\\d?|npm|yarn|pnpm|gem|rm|which)$",
);

/** What of the rows' text reaches the network, the worst first; undefined when nothing does. */
export function remoteOf(steps: readonly Step[]): Remote | undefined {
  let fetched: Row | undefined;
  let substituting = false;
  let isAfterInterpreter = false;
  for (const { opener, text, row } of steps) {
    const words = text.split(/[\s{}]+/).filter((word) => word !== "").map(baseName);
    const command = words.find((word) => !isStart(word)) ?? "";
    const isFetch = fetches(text) && (!PACKAGE_MANAGER.test(command) || text.includes("://"));
    const isInterpreter = INTERPRETER.test(command) ||
      words.slice(0, 8).some((word) => SHELL.test(word));
    const isPipedInto = opener.startsWith("|") && opener !== "||" &&
      words.some((word) => INTERPRETER.test(word));
    const isSubstituted: boolean = /^([$<>]?\(|`)$/.test(opener) ||
      (substituting && opener !== ")");
    if (isPipedInto) return { kind: "runs", row: fetched ?? row };
    if (isFetch && (isInterpreter || (isSubstituted && isAfterInterpreter))) {
      return { kind: "runs", row };
    }
    const isBegun = isInterpreter || STARTER.test(command) ||
      /^\s*\.{1,2}\/|^\s*\/tmp\//.test(text);
    if (fetched && isBegun) return { kind: "runs", row: fetched };
    if (isFetch) fetched ??= row;
    isAfterInterpreter ||= isInterpreter;
    substituting = isSubstituted;
  }
  return fetched && { kind: "fetches", row: fetched };
}

export function stepsOf(rows: readonly Row[]): Step[] {
  const steps: Step[] = [];
  let open: Step | undefined;
  for (const row of rows) {
    const line = unquoted(row.text) + (row.isJoined ? "" : "\n");
    for (const [index, piece] of line.split(OPENERS).entries()) {
      if (index % 2 === 1 || !open) {
        const isOpener = index % 2 === 1;
        open = {
          opener: isOpener ? piece : "",
          text: isOpener ? "" : piece,
          isBlank: isOpener,
          row,
        };
        steps.push(open);
        continue;
      }
      // The row that is quoted is the one that says most.
      if (open.isBlank || fetches(piece)) open.row = row;
      open.isBlank &&= piece.trim() === "";
      open.text += piece;
    }
  }
  return steps;
}

/** A test, not the start of an exec form; said so, as the brackets go. */
const TEST = /((?:^|[;&|!({]|\b(?:if|elif|while|until|then|else|do))[ \t]*)\[{1,2}(?=[ \t])/g;

/** Without what a shell takes away itself: `c\url` and `cu""rl` are curl. Exec form reads alike. */
export function unquoted(text: string): string {
  const decoded = text.replaceAll(
    /\\u([0-9a-f]{4})/gi,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
  return decoded.replaceAll(TEST, "$1test").replaceAll(/",\s*"/g, " ").replaceAll(/["'\\[\]]/g, "");
}

/** Whether the command is yet to come. */
export function isStart(word: string): boolean {
  return WRAPPER.test(word) || INSTRUCTION.test(word);
}

function fetches(text: string): boolean {
  return FETCHERS.test(text) || (text.includes("git") && gitFetches(text));
}

function gitFetches(text: string): boolean {
  let isGit = false;
  let isValue = false;
  for (const word of text.split(/[\s{}]+/).map(baseName)) {
    if (isGit && GIT_FETCH.test(word)) return true;
    const goesOn: boolean = isGit && (isValue || word.startsWith("-"));
    isValue = goesOn && /^-[Cc]$/.test(word);
    isGit = goesOn || word === "git";
  }
  return false;
}

export function baseName(word: string): string {
  return word.includes("/") && !word.includes("://") ? word.slice(word.lastIndexOf("/") + 1) : word;
}
