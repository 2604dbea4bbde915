/** What a configuration says of a bottle, with the name of that bottle filled in. */

import type { Slug } from "../../queue/layout.ts";
import { TARGET_KINDS, type TargetKind } from "../apply/edit.ts";
import type { Argv, Check, Target, Targets } from "./config.ts";
import { fill } from "./fill_in.ts";
import type { BottleForm, CheckForm, TargetForm } from "./schema.ts";

/** The live files of the bottle `slug`. Throws for a URL that its name makes invalid. */
export function fillTargets(entry: BottleForm, slug: Slug): Targets {
  return Object.fromEntries(
    targetForms(entry).map(([kind, form]) => [kind, fillTarget(kind, form, slug)]),
  );
}

function fillTarget(kind: TargetKind, form: TargetForm, slug: Slug): Target {
  return {
    kind,
    path: fill(form.file, slug),
    write: form.write,
    reload: form.reload && fillArgv(form.reload, slug),
    reloadTimeoutMs: Math.round(form.reload_timeout_seconds * 1_000),
    check: form.check && fillCheck(form.check, slug),
  };
}

function fillCheck(check: CheckForm, slug: Slug): Check {
  if (isArgv(check)) return { kind: "command", command: fillArgv(check, slug) };
  const { url, proxy } = check;
  return {
    kind: "route-table",
    url: new URL(fill(url, slug)),
    proxy: proxy === undefined ? undefined : new URL(fill(proxy, slug)),
  };
}

function fillArgv([command, ...args]: Argv, slug: Slug): Argv {
  return [fill(command, slug), ...args.map((arg) => fill(arg, slug))];
}

export function isArgv(check: CheckForm): check is Argv {
  return Array.isArray(check);
}

export function targetForms(entry: BottleForm): [TargetKind, TargetForm][] {
  return TARGET_KINDS.flatMap((kind): [TargetKind, TargetForm][] => {
    const form = entry[kind];
    return form ? [[kind, form]] : [];
  });
}
