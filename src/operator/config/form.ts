/** The form of a configuration: what may stand where, what it becomes, and what is said of the rest. */

import { basename, isAbsolute, join, resolve } from "node:path";
import { z } from "zod";
import type { TargetKind } from "../apply/edit.ts";
import { mustBe, quoted } from "./complaint.ts";
import type { Argv, Check, Target } from "./config.ts";
import { canMatch, EVERY_BOTTLE } from "./pattern.ts";

/** Where a path that is not absolute begins. */
export interface PathBase {
  readonly directory: string;
  readonly home: string | undefined;
}

export type BottleEntry = z.infer<ReturnType<typeof bottleForm>>;

const RELOAD_TIMEOUT_SECONDS = 30;
/** A Dockerfile is reloaded by building from it. */
const BUILD_TIMEOUT_SECONDS = 600;
const MAX_SECONDS = 3_600;

const WRITES = ["in-place", "rename"] as const;

const LIST_FORM = "a list with an entry for each kind of bottle";
const MATCH_FORM = 'a bottle\'s name (letters, digits, ".", "_", "-"; "*" for any run of them)';
const FILE_FORM = "the path of a file";
const ARGV_FORM = "a list of the command and its arguments";
const PROGRAM_FORM = "a program's name or absolute path";
const SECONDS_FORM = `a number of seconds above 0 and at most ${MAX_SECONDS}`;
const URL_FORM = "an http:// URL with a host";
const PROXY_FORM = "an http:// URL of a host and port alone";

/** The keys that may stand at `path`, to tell what a wrong one was meant to be. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  return [
    ["bottles"],
    [],
    ["match", "routes", "pipelock", "dockerfile"],
    ["file", "write", "reload", "reload_timeout_seconds", "check"],
    ["url", "proxy"],
  ][path.length] ?? [];
}

export function configForm(bottle: ReturnType<typeof bottleForm>) {
  return map(
    { bottles: z.array(bottle, needs(LIST_FORM)).min(1, needs(LIST_FORM)) },
    "a map with bottles",
  );
}

/** `{slug}` in a text may be filled in before or stand for itself: each text is valid with either. */
export function bottleForm(place: PathBase) {
  const command = argv.transform((command): Check => ({ kind: "command", command }));
  return map({
    match: z.string(needs(MATCH_FORM)).refine(canMatch, needs(MATCH_FORM)).default(EVERY_BOTTLE),
    routes: target("routes", place, routesCheck(command)).exactOptional(),
    pipelock: target("pipelock", place, command).exactOptional(),
    dockerfile: target("dockerfile", place, command).exactOptional(),
  }, "a map with routes, pipelock or dockerfile").refine(
    ({ routes, pipelock, dockerfile }) => routes ?? pipelock ?? dockerfile,
    {
      error: "names no target; it must have routes, pipelock or dockerfile",
      // A mistyped name of a target is told already.
      when: ({ issues }) => issues.length === 0,
    },
  );
}

function target(kind: TargetKind, place: PathBase, check: z.ZodType<Check>) {
  const timeoutSeconds = kind === "dockerfile" ? BUILD_TIMEOUT_SECONDS : RELOAD_TIMEOUT_SECONDS;
  return map({
    file: targetFile(place),
    write: z.enum(WRITES, needs(WRITES.join(" or "))).default("in-place"),
    reload: argv.optional(),
    reload_timeout_seconds: seconds.default(timeoutSeconds),
    check: check.optional(),
  }, "a map with file").transform((
    { file, write, reload, reload_timeout_seconds, check },
  ): Target => ({
    kind,
    path: file,
    write,
    reload,
    reloadTimeoutMs: Math.round(reload_timeout_seconds * 1_000),
    check,
  }));
}

/** A command as a list, or a map with the URL of the route table. */
function routesCheck(command: z.ZodType<Check>): z.ZodType<Check> {
  return z.unknown().transform((value, context): Check => {
    const isMap = typeof value === "object" && value !== null;
    const parsed = Array.isArray(value)
      ? command.safeParse(value)
      : isMap
      ? urlCheck.safeParse(value)
      : z.never(needs(`a map with url, or ${ARGV_FORM}`)).safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) {
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });
}

const url = text(URL_FORM, (text) => urlProblem(text, URL_FORM)).transform((text) => new URL(text));

/** The forward proxy that the route table is asked through. */
const proxy = text(PROXY_FORM, (text) => {
  const url = URL.parse(text);
  return urlProblem(text, PROXY_FORM) ??
    (url?.href === `${url?.origin}/` ? undefined : mustBe(PROXY_FORM, text));
}).transform((text) => new URL(text));

const urlCheck = map({ url, proxy: proxy.optional() }, "a map with url")
  .transform(({ url, proxy }): Check => ({ kind: "route-table", url, proxy }));

/** A command is looked up on the PATH or is absolute: what it is must not depend on the directory. */
const argv: z.ZodType<Argv> = z.tuple(
  [
    text(PROGRAM_FORM, (command) => {
      const isPath = isAbsolute(command) && basename(command) !== "" && !command.endsWith("/");
      return isPath || /^[^/\s]+$/.test(command) ? undefined : mustBe(PROGRAM_FORM, command);
    }),
  ],
  text("text", () => undefined),
  needs(ARGV_FORM),
);

const seconds = z.string(needs(SECONDS_FORM)).transform((text, context) => {
  const number = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (number > 0 && number <= MAX_SECONDS) return number;
  context.addIssue({ code: "custom", message: mustBe(SECONDS_FORM, text) });
  return z.NEVER;
});

function targetFile({ directory, home }: PathBase) {
  return text(FILE_FORM, (path) => {
    if (path.trim() === "") return mustBe(FILE_FORM, "");
    if (/(^|\/)\.{0,2}$/.test(path)) return `${mustBe(FILE_FORM, path)}, a directory`;
    if (path.startsWith("~") && !path.startsWith("~/")) {
      return mustBe("an absolute path, below ~/, or below the configuration's directory", path);
    }
    if (!path.startsWith("~") || home !== undefined) return undefined;
    return `${mustBe("an absolute path", path)}, and HOME is not set`;
  }).transform((path) =>
    path.startsWith("~/") ? join(home ?? "/", path.slice(2)) : resolve(directory, path)
  );
}

function urlProblem(text: string, form: string): string | undefined {
  const url = URL.parse(text);
  if (url?.username || url?.password) {
    // Not quoted: messages end up in other people's hands.
    return `must be ${form}, got one with a user name or password`;
  }
  return url?.protocol === "http:" && url.hostname ? undefined : mustBe(form, text);
}

function text(form: string, problemOf: (text: string) => string | undefined) {
  return z.string(needs(form)).superRefine((text, context) => {
    const word = text.match(/\{\s*[A-Za-z_][\w-]*\s*\}/g)?.find((word) => word !== "{slug}");
    const message = text.includes("\0")
      ? "must be text without NUL"
      : word
      ? `must have no other word in braces than {slug}, got ${quoted(word)}`
      : problemOf(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

function map<T extends z.core.$ZodLooseShape>(shape: T, form: string) {
  return z.strictObject(shape, {
    // A key that is not known is told with its own line.
    error: ({ code, input }) => code === "unrecognized_keys" ? undefined : mustBe(form, input),
  });
}

function needs(form: string) {
  return { error: ({ input }: { input?: unknown }) => mustBe(form, input) };
}
