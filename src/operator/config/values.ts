/** The single values of a configuration: commands, files, URLs and times. */

import { basename, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import { parseSlug, type Slug } from "../../queue/layout.ts";
import { notWanted, quoted } from "./complaint.ts";
import type { Argv } from "./config.ts";
import { fill, textProblem } from "./fill_in.ts";

/** Where a path that is not absolute begins. */
export interface Place {
  readonly directory: string;
  readonly home: string | undefined;
}

const MAX_SECONDS = 3_600;

const ARGV_FORM = "a list of the command and its arguments";

const argument = text("text", () => undefined);

/** A command and its arguments. */
export const argv: z.ZodType<Argv> = z.array(argument, {
  error: ({ input }) => notWanted(input, ARGV_FORM) + suggestion(input),
}).min(1, { error: ({ input }) => notWanted(input, ARGV_FORM) }).transform((words, context) => {
  const [command = "", ...rest] = words;
  const problem = commandProblem(command);
  if (problem === undefined) return [command, ...rest] as const;
  context.addIssue({ code: "custom", path: [0], message: problem });
  return z.NEVER;
});

/** A live file, absolute, `{slug}` still in it. */
export function targetFile({ directory, home }: Place) {
  return text("the path of a file", (path) => {
    if (path.trim() === "") return notWanted("", "the path of a file");
    if (/(^|\/)\.{0,2}$/.test(path)) {
      return `is ${quoted(path)}, a directory; the path of a file is wanted`;
    }
    if (!path.startsWith("~")) return undefined;
    if (!path.startsWith("~/")) {
      return `is ${
        quoted(path)
      }; an absolute path, one below ~/, or one from the configuration's ` +
        "own directory is wanted";
    }
    return home ? undefined : `is ${quoted(path)}, but HOME is not set; an absolute path is wanted`;
  }).transform((path) =>
    path.startsWith("~/") ? join(home ?? "/", path.slice(2)) : resolve(directory, path)
  );
}

const URL_FORM = "an http:// URL with a host";
const PROXY_FORM = "an http:// URL of a host and port alone";

/** Where the route table is asked for, `{slug}` still in it. */
export const checkUrl = text(URL_FORM, (text) => urlProblem(text, URL_FORM));

/** The forward proxy it is asked through, `{slug}` still in it. */
export const proxyUrl = text(PROXY_FORM, (text) => {
  const problem = urlProblem(text, PROXY_FORM);
  const url = URL.parse(fill(text, SAMPLE));
  return problem ?? (url?.href === `${url?.origin}/` ? undefined : notWanted(text, PROXY_FORM));
});

/** As a number of seconds. */
export const seconds = z.string({ error: ({ input }) => secondsProblem(input) })
  .transform((text, context) => {
    const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
    if (number > 0 && number <= MAX_SECONDS) return number;
    context.addIssue({ code: "custom", message: secondsProblem(text) });
    return z.NEVER;
  });

function secondsProblem(value: unknown): string {
  return notWanted(value, `a number of seconds above 0 and at most ${MAX_SECONDS}`);
}

/** Any slug: whether a text is a URL shows when it is filled in. */
const SAMPLE = parseSlug("slug") as Slug;

function urlProblem(text: string, what: string): string | undefined {
  const url = URL.parse(fill(text, SAMPLE));
  if (url?.username || url?.password) {
    // Not quoted: messages end up in other people's hands.
    return `holds a user name or password; ${what}, without them, is wanted`;
  }
  return url?.protocol === "http:" && url.hostname ? undefined : notWanted(text, what);
}

/** A command is looked up on the PATH or is absolute: what it is must not depend on the directory. */
function commandProblem(command: string): string | undefined {
  const what = "a program's name or absolute path";
  if (command.trim() === "") return notWanted("", what);
  if (isAbsolute(command)) {
    return basename(command) === "" || command.endsWith("/") ? notWanted(command, what) : undefined;
  }
  if (command.includes("/")) return notWanted(command, what);
  if (!/\s/.test(command)) return undefined;
  return `${notWanted(command, what)}, and each argument as an item of its own`;
}

/** How a command line that was written as one string looks as a list. */
function suggestion(input: unknown): string {
  const words = typeof input === "string" ? input.trim().split(/\s+/) : [];
  if (
    words.length < 2 || words.length > 12 || !words.every((word) => /^[\w./:=@%+{}-]+$/.test(word))
  ) {
    return "";
  }
  const items = words.map((word) => /^[\w./][\w./-]*$/.test(word) ? word : JSON.stringify(word));
  return `: [${items.join(", ")}]`;
}

function text(what: string, problemOf: (text: string) => string | undefined) {
  return z.string({ error: ({ input }) => notWanted(input, what) }).superRefine((text, context) => {
    const problem = textProblem(text) ?? problemOf(text);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });
}
