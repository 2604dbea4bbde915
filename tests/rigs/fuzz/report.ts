/** What the fuzzer's command prints. */

import type { Tally } from "./tally.ts";

export interface Run {
  readonly transport: string;
  readonly seed: number;
  readonly tally: Tally;
  readonly tookSeconds: number;
}

export function formatTally({ transport, seed, tally, tookSeconds }: Run): string {
  const perSecond = Math.round(tally.requests / tookSeconds);
  const counts = [...tally.counts].sort(([one], [other]) => one < other ? -1 : 1)
    .map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`);
  const defects = tally.defects.map(({ index, what, request, answer }) =>
    [
      `DEFECT at --transport ${transport} --seed ${seed} --from ${index} --requests 1: ${what}`,
      `  request: ${request}`,
      `  answer: ${answer}`,
    ].join("\n")
  );
  return [
    "",
    `${transport}: ${tally.requests} requests in ${tookSeconds.toFixed(1)} s, ${perSecond}/s, ` +
    `seed ${seed}`,
    ...counts,
    ...defects,
    `${transport}: ${tally.defectCount} defects`,
    "",
  ].join("\n");
}
