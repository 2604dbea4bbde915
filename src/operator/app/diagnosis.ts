/** What `diagnose` found: for each bottle and each live file, one finding a fact. */

import type { Slug } from "../../queue/layout.ts";
import type { Target } from "../config/config.ts";
import type { Finding } from "../config/finding.ts";

export interface TargetDiagnosis {
  readonly target: Target;
  readonly findings: readonly Finding[];
}

export interface BottleDiagnosis {
  readonly slug: Slug;
  readonly findings: readonly Finding[];
  readonly targets: readonly TargetDiagnosis[];
}

export interface Diagnosis {
  /** The configuration that was read. */
  readonly config: string | undefined;
  /** Of what all bottles need. */
  readonly findings: readonly Finding[];
  readonly bottles: readonly BottleDiagnosis[];
}
