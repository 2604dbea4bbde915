/** Which paths mean what is written: the rules by which one may be asked for, or be allowed unasked. */

/** Dot segments and encoded separators lead elsewhere than what is written; a query is no path. */
const FAULTS = {
  query: /[?#\\]/,
  wildcard: /\*/,
  encoding: /%(?![0-9a-f]{2})|%(2f|5c|25)/i,
  dots: /\/(\.|%2e){1,2}($|[/;])/i,
} as const;

export type PathFault = keyof typeof FAULTS;

/** What keeps `path` from being plain, in a fixed order; that it starts with '/' is not looked at. */
export function faultsOf(path: string): PathFault[] {
  const faults = Object.keys(FAULTS) as PathFault[];
  return faults.filter((fault) => FAULTS[fault].test(path));
}

export function isPlainPath(path: string): boolean {
  return path.startsWith("/") && faultsOf(path).length === 0;
}
