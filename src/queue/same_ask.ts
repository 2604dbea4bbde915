/** When two asks are the same: they would give the bottle the same access, however they are written. */

import { formOf } from "./asking_tools.ts";
import { isCovered, whyNotPathPrefix } from "./path_prefix.ts";
import { sha256Hex } from "./sha256.ts";

/**
 * The key of an ask: its tool, and a hash over what its payload means. Equal for the same asks.
 * `hash` is that of the payload.
 */
export function keyOf(tool: string, file: string, hash = sha256Hex(file)): string {
  const meaning = meaningOf(tool, file);
  // A Dockerfile can have 1 MiB: it is not hashed twice.
  return `${tool} ${meaning === file ? hash : sha256Hex(meaning)}`;
}

/** The tool of which {@linkcode keyOf} made the key. */
export function toolOfKey(key: string): string {
  return key.slice(0, key.indexOf(" "));
}

function meaningOf(tool: string, file: string): string {
  switch (formOf(tool)) {
    case "route":
      return routeMeaning(file);
    case "url":
      // Pipelock lets a host through, whatever the path and the port.
      return URL.parse(file)?.hostname ?? file;
    case "dockerfile":
    case undefined:
      return file;
  }
}

/**
 * Neither the order of paths counts, nor one that another covers, nor the letter case of what is
 * percent-encoded.
 */
function routeMeaning(file: string): string {
  let route: unknown;
  try {
    route = JSON.parse(file);
  } catch {
    // A bottle can write the file too.
    return file;
  }
  if (typeof route !== "object" || route === null || !("path_allowlist" in route)) return file;
  const paths: unknown = route.path_allowlist;
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string")) return file;
  return JSON.stringify({ ...route, path_allowlist: pathsMeant(paths) });
}

function pathsMeant(given: readonly string[]): string[] {
  const paths = new Set(
    given.map((path) => path.replace(/%[0-9a-f]{2}/gi, (octet) => octet.toUpperCase())),
  );
  // A bottle can write any text, and what covers that is not known.
  if (![...paths].every((path) => whyNotPathPrefix(path) === undefined)) return [...paths].sort();
  for (const path of [...paths]) {
    paths.delete(path);
    if (!isCovered(path, paths)) paths.add(path);
  }
  return [...paths].sort();
}
