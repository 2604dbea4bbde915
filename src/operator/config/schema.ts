/** The form of a configuration: what may stand where, and what is said when something else does. */

import { z } from "zod";
import { nearest } from "../nearest.ts";
import { notWanted } from "./complaint.ts";
import type { Argv } from "./config.ts";
import { canMatch, EVERY_BOTTLE } from "./pattern.ts";
import { argv, checkUrl, type Place, proxyUrl, seconds, targetFile } from "./values.ts";

/** A check before `{slug}` is filled in. */
export type CheckForm = Argv | { readonly url: string; readonly proxy?: string | undefined };

/** A target before `{slug}` is filled in. */
export interface TargetForm {
  readonly file: string;
  readonly write: "in-place" | "rename";
  readonly reload?: Argv | undefined;
  readonly reload_timeout_seconds: number;
  readonly check?: CheckForm | undefined;
}

export type BottleForm = z.infer<ReturnType<typeof bottleForm>>;

const RELOAD_TIMEOUT_SECONDS = 30;
/** A Dockerfile is reloaded by building from it. */
const BUILD_TIMEOUT_SECONDS = 600;

const WRITES = ["in-place", "rename"] as const;

const URL_KEYS = ["url", "proxy"];
const TARGET_KEYS = ["file", "write", "reload", "reload_timeout_seconds", "check"];
const BOTTLE_KEYS = ["match", "routes", "pipelock", "dockerfile"];

const SLUG_FORM = 'a bottle\'s name (letters, digits, ".", "_", "-"; "*" for any run of them)';

export function configForm(place: Place) {
  return form({ bottles: list(bottleForm(place)) }, "a map with bottles");
}

/** The keys that may stand at `path`, to tell what a wrong one was meant to be. */
export function keysAt(path: readonly PropertyKey[]): readonly string[] {
  return [["bottles"], [], BOTTLE_KEYS, TARGET_KEYS, URL_KEYS][path.length] ?? [];
}

function bottleForm(place: Place) {
  return form({
    match: z.string(wanted(SLUG_FORM)).refine(canMatch, {
      error: ({ input }) => notWanted(input, SLUG_FORM),
    }).default(EVERY_BOTTLE),
    routes: targetForm(place, RELOAD_TIMEOUT_SECONDS, routesCheck).optional(),
    pipelock: targetForm(place, RELOAD_TIMEOUT_SECONDS, commandCheck).optional(),
    dockerfile: targetForm(place, BUILD_TIMEOUT_SECONDS, commandCheck).optional(),
  }, "a map with routes, pipelock or dockerfile").refine(
    ({ routes, pipelock, dockerfile }) => routes ?? pipelock ?? dockerfile,
    {
      error: "names no target; routes, pipelock or dockerfile is wanted",
      // A mistyped name of a target is told already.
      when: ({ issues }) => issues.length === 0,
    },
  );
}

function targetForm(place: Place, timeoutSeconds: number, check: z.ZodType<CheckForm>) {
  return form({
    file: targetFile(place),
    write: z.enum(WRITES, {
      error: ({ input }) => {
        const meant = typeof input === "string" ? nearest(input, WRITES) : undefined;
        return notWanted(input, WRITES.join(" or ")) + (meant ? `, did you mean ${meant}?` : "");
      },
    }).default("in-place"),
    reload: argv.optional(),
    reload_timeout_seconds: seconds.default(timeoutSeconds),
    check: check.optional(),
  }, "a map with file");
}

const urlCheck = form({ url: checkUrl, proxy: proxyUrl.optional() }, "a map with url");

const routesCheck = either(
  urlCheck,
  "a map with url, or a list of a command and its arguments,",
);

const commandCheck = either(
  z.never({
    error: ({ input }) =>
      `${notWanted(input, "a list of a command and its arguments")}: a URL shows routes alone`,
  }),
  "a list of a command and its arguments",
);

/** A command as a list, or else what a map is taken for. */
function either(map: z.ZodType<CheckForm>, what: string): z.ZodType<CheckForm> {
  return z.unknown().transform((value, context): CheckForm => {
    const isMap = typeof value === "object" && value !== null;
    const parsed = Array.isArray(value)
      ? argv.safeParse(value)
      : isMap
      ? map.safeParse(value)
      : undefined;
    if (parsed?.success) return parsed.data;
    for (const issue of parsed?.error.issues ?? []) {
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    }
    if (!parsed) context.addIssue({ code: "custom", message: notWanted(value, what) });
    return z.NEVER;
  });
}

function list<T extends z.ZodType>(item: T) {
  const what = "a list with an entry for each kind of bottle";
  return z.array(item, wanted(what)).min(1, wanted(what));
}

function form<T extends z.core.$ZodLooseShape>(shape: T, what: string) {
  return z.strictObject(shape, {
    // A key that is not known is told with its own line.
    error: ({ code, input }) => code === "unrecognized_keys" ? undefined : notWanted(input, what),
  });
}

function wanted(what: string) {
  return { error: ({ input }: { input?: unknown }) => notWanted(input, what) };
}
