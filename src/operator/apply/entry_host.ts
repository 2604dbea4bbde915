/** Host names as a live file has them: when two are the same, and when a pattern covers one. */

import type { Notice } from "../review/kind.ts";

/** Case and a final dot make no other host. */
export function sameHost(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

/** Whether `entry` is a pattern (`*.example.com`, `.example.com`) for names below which `host` is. */
export function covers(entry: string, host: string): boolean {
  const [, suffix] = /^\*?(\..+)$/.exec(bare(entry)) ?? [];
  return suffix !== undefined && bare(host).endsWith(suffix) && bare(host).length > suffix.length;
}

export function coveredNotice(entry: string): Notice {
  return { label: "COVERED", text: `the file has ${entry} already` };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
