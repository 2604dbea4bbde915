/** Finds plain shell commands that fetch something from the network, and whether it is run at once. */

/** `runs`: it may run what it fetched, or what another command prints. */
export interface Fetched {
  readonly kind: "runs" | "fetches";
  /** Where in the text. */
  readonly at: number;
}

const FETCHER =
  /^(?:curl|wget2?|aria2c|axel|https?|fetch|scp|sftp|ftp|rsync|nc|ncat|netcat|socat|telnet)$/;
const GIT_FETCHER = /^(?:clone|pull|fetch|submodule)$/;
const INTERPRETER =
  /^(?:(?:ba|da|z|k|a|c|tc|fi|pw)?sh|(?:python|perl|ruby|php|lua)[\d.]*|node(?:js)?|deno|bun|eval|source|\.)$/;
/** Runs, installs or makes executable what an earlier command has put into a file. */
const STARTER = /^(?:chmod|dpkg|rpm|make|cmake|install|\.{1,2}\/.*|\/tmp\/.*)$/;
/** Words that only say how the next one is started. */
const WRAPPER =
  /^(?:sudo|doas|env|exec|command|nohup|time|timeout|nice|xargs|su|gosu|if|then|else|elif|do|while|until|!|\{|\[|RUN|CMD|ENTRYPOINT|HEALTHCHECK|[-\d].*|\w+=.*)$/i;

/** `text` is an instruction without quotes; undefined when no plain command of it fetches. */
export function fetchedIn(text: string): Fetched | undefined {
  let fetched: number | undefined;
  let isAfterInterpreter = false;
  for (const { 0: step, index } of text.matchAll(/[^\n;&|()`]+/g)) {
    // The comma and the brackets are those of the exec form.
    const words = step.split(/[\s,[\]]+/).filter((word) => word !== "");
    const first = words.findIndex((word) => !WRAPPER.test(word));
    const isInterpreter = INTERPRETER.test(nameOf(words[first]));
    const isCode = isInterpreter && /^-\w{0,8}c$/.test(words[first + 1] ?? "");
    const command = words[isCode ? first + 2 : first] ?? "";
    const isGit = nameOf(command) === "git" && words.some((word) => GIT_FETCHER.test(word));
    const isFetch = isGit || FETCHER.test(nameOf(command));
    const before = text[index - 1] ?? "";
    const isPipedInto = before === "|" && text[index - 2] !== "|";
    if (isInterpreter && isPipedInto) return { kind: "runs", at: fetched ?? index };
    if (isFetch && isAfterInterpreter && /[(`]/.test(before)) return { kind: "runs", at: index };
    if (fetched !== undefined && (isInterpreter || STARTER.test(command))) {
      return { kind: "runs", at: fetched };
    }
    if (isFetch) fetched ??= index + step.search(/\S/);
    isAfterInterpreter = isInterpreter;
  }
  return fetched === undefined ? undefined : { kind: "fetches", at: fetched };
}

/** `/usr/bin/curl` is curl. */
function nameOf(command = ""): string {
  return command.slice(command.lastIndexOf("/") + 1);
}
