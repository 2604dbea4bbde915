/** What `audit` is asked for: the options that choose entries, read and checked. */

import { domainToASCII } from "node:url";
import type { AuditSearch } from "../app/audit.ts";
import type { Filter } from "../audit/choice.ts";
import { Failure } from "../failure.ts";
import type { CommandContext } from "./command.ts";
import type { OptionName } from "./options.ts";
import { periodOf } from "./time_option.ts";

const DEFAULT_TAIL = 20;

/** Without a filter the last ones are meant, with one all that match. */
export function searchOf(context: CommandContext): AuditSearch {
  const filter: Filter = {
    slug: context.slug,
    host: hostOf(context),
    who: context.text("who"),
    id: context.text("id")?.trim().toLowerCase(),
    ...periodOf(context),
  };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const most = wholeNumber(context, "tail") ?? (isFiltered ? Infinity : DEFAULT_TAIL);
  return { filter, most, isEveryStep: context.flag("steps") };
}

/** Without a final dot, in lower case and as it is written in ASCII. */
function hostOf(context: CommandContext): string | undefined {
  const text = context.text("host")?.trim();
  if (text === undefined) return undefined;
  const [, dot, name = ""] = /^(\.?)([^.].*?)\.?$/.exec(text) ?? [];
  if (name.toLowerCase() === "dockerfile") return "dockerfile";
  const host = /[/:@*\s]/.test(name) && !name.startsWith("[") ? "" : domainToASCII(name);
  if (host !== "") return `${dot}${host}`;
  throw new Failure(
    "usage",
    `--host must be a host name such as api.github.com, .github.com for all below it, or ` +
      `Dockerfile, got "${text}"`,
  );
}

export function refuse(
  context: CommandContext,
  form: string,
  options: readonly OptionName[],
): void {
  const given = options.find((option) => context.has(option));
  if (!given) return;
  throw new Failure("usage", `${form} takes no --${given}`, { do: "help", about: "audit" });
}

export function wholeNumber(context: CommandContext, option: "tail" | "stats"): number | undefined {
  const text = context.text(option);
  if (text === undefined || /^[1-9]\d{0,6}$/.test(text)) return text ? Number(text) : undefined;
  throw new Failure("usage", `--${option} must be a number from 1 to 9999999, got "${text}"`);
}
