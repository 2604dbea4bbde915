/** How much a run measures: every size, count and duration of the bench, in one place. */

export interface Plan {
  /** How often each server is measured; a figure is the median over the rounds. */
  readonly rounds: number;
  readonly loadConnections: readonly number[];
  /** Whole seconds, because that is what the load generator takes. */
  readonly loadSeconds: number;
  /** Waiting calls while decisions are timed. */
  readonly waitingLevels: readonly number[];
  /** Decisions timed at each level in each round. */
  readonly samples: number;
  readonly cpuWatchMs: number;
  readonly heldCalls: number;
  readonly heldLimitMs: number;
  readonly healthAsks: number;
  readonly burstCalls: number;
  readonly burstLimitMs: number;
  readonly starts: number;
}

export const FULL: Plan = {
  rounds: 3,
  loadConnections: [1, 4, 16],
  loadSeconds: 3,
  waitingLevels: [1, 100, 1_000],
  samples: 34,
  cpuWatchMs: 5_000,
  heldCalls: 10_000,
  heldLimitMs: 60_000,
  healthAsks: 200,
  burstCalls: 2_000,
  burstLimitMs: 20_000,
  starts: 10,
};

/** Proves that everything works and gives a first idea; too short for figures to quote. */
export const QUICK: Plan = {
  ...FULL,
  rounds: 1,
  loadSeconds: 1,
  samples: 10,
  cpuWatchMs: 1_500,
  heldCalls: 3_000,
  heldLimitMs: 10_000,
  healthAsks: 50,
  burstLimitMs: 6_000,
  starts: 3,
};

/** The level at which CPU and memory of waiting are taken, and what every server is first given. */
export const CROWD_CALLS = 1_000;
