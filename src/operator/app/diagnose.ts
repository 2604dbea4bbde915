/** Looks at everything that an approval needs, one finding a fact. It changes nothing. */

import type { Slug } from "../../queue/layout.ts";
import { addHost } from "../apply/allowlist.ts";
import { TARGET_KINDS, type TargetKind } from "../apply/edit.ts";
import { routesIn } from "../apply/routes.ts";
import { verifyLog } from "../audit/verify.ts";
import { AMONG_QUEUES, AmongQueues } from "../config/among_queues.ts";
import { checkOwnDirectory } from "../config/check_directory.ts";
import { checkTarget } from "../config/check_target.ts";
import { type Config, NO_CONFIG, type Target, type Targets } from "../config/config.ts";
import { type Finding, findingOf, unwell, well } from "../config/finding.ts";
import { checkShared, type SharedFiles, sharedFiles } from "../config/shared_files.ts";
import type { Failure } from "../failure.ts";
import { workOf } from "../live/record.ts";
import { count } from "../review/kind.ts";
import { instantAndAge } from "../when.ts";
import type { App } from "./app.ts";
import { requireBottle } from "./find.ts";
import { shorten } from "./shorten.ts";

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

const NOTHING_APPLIED = "approving answers the agent and applies nothing";

/** What the check of a bottle's targets needs beside them. */
interface Surroundings {
  readonly shared: SharedFiles;
  readonly queues: AmongQueues;
  readonly searchPath: string | undefined;
}

/** Of one bottle or, without `slug`, of all. */
export async function diagnose(app: App, slug?: Slug): Promise<Diagnosis> {
  const findings: Finding[] = [];
  const config = await attempt(findings, () => app.config());
  if (config) findings.push(configFinding(config));
  const state = await attempt(findings, () => Promise.resolve(app.stateDirectory));
  const queues = await AmongQueues.under(app.desk.root);
  if (state !== undefined) {
    await attempt(findings, () => queues.requireOutside(state));
    const { text, ...finding } = await checkOwnDirectory(state);
    findings.push({ ...finding, text: `state directory: ${text}` });
    if (finding.ok) {
      findings.push(...await auditFindings(state), ...await unfinishedFindings(app));
    }
  }
  const known = await attempt(findings, () => requireBottle(app, slug));
  if (known) findings.push(queuesFinding(app, known.length));
  const shared = await sharedFiles(config ?? NO_CONFIG, known ?? []);
  const around = { shared, queues, searchPath: app.searchPath };
  const bottles: BottleDiagnosis[] = [];
  for (const bottle of slug ? [slug] : known ?? []) {
    if (config) bottles.push(await diagnoseBottle(config, bottle, around));
  }
  return { config: config?.path, findings, bottles };
}

async function auditFindings(stateDirectory: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  const verdict = await attempt(findings, () => verifyLog(stateDirectory));
  if (verdict?.kind === "ok") {
    const from = verdict.from > 1 ? `, from entry ${verdict.from} on` : "";
    findings.push(well(`audit log: whole, ${count(verdict.entries, "entry", "entries")}${from}`));
    findings.push(...verdict.remarks.map((remark) => well(`audit log: ${remark}`)));
  } else if (verdict) {
    const text = `audit log: broken at entry ${verdict.entry}: ${verdict.why}`;
    findings.push(unwell(text, { do: "verify audit" }));
  }
  return findings;
}

/** What a crashed process left. */
async function unfinishedFindings(app: App): Promise<Finding[]> {
  const findings: Finding[] = [];
  const unreadable: Failure[] = [];
  const open = await attempt(findings, () => app.changes.unfinished({ unreadable }));
  findings.push(...unreadable.map((failure) => findingOf(failure)));
  for (const { record } of open ?? []) {
    const { id, slug, operator, begun_at } = record;
    const since = instantAndAge(begun_at, app.now());
    findings.push(unwell(
      `the ${workOf(record)} of ${
        shorten(id)
      } (bottle ${slug}), begun by ${operator} ${since}, is ` +
        "under way or was interrupted; the next change of the same files completes it or puts the old files back",
    ));
  }
  return findings;
}

/** What is wrong with a live file as its engine reads it. */
function problemOf(kind: TargetKind, text: string): string | undefined {
  const read = kind === "routes"
    ? routesIn(text)
    : kind === "pipelock"
    ? addHost(text, "probe.example")
    : undefined;
  return read?.kind === "refused" ? read.problem : undefined;
}

/** Adds what went wrong to `findings`, so that the rest is looked at all the same. */
async function attempt<T>(findings: Finding[], get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    findings.push(findingOf(error));
    return undefined;
  }
}

function configFinding({ path }: Config): Finding {
  return well(
    path === undefined ? `no configuration: ${NOTHING_APPLIED}` : `configuration: ${path}`,
  );
}

function queuesFinding({ desk }: App, bottles: number): Finding {
  return well(
    bottles > 0 ? `queues: ${desk.root}` : `queues: no bottle has one under ${desk.root} yet`,
  );
}

async function diagnoseBottle(
  config: Config,
  slug: Slug,
  around: Surroundings,
): Promise<BottleDiagnosis> {
  let configured: Targets;
  try {
    configured = config.targetsOf(slug);
  } catch (error) {
    return { slug, findings: [findingOf(error)], targets: [] };
  }
  const targets: TargetDiagnosis[] = [];
  for (const target of Object.values(configured)) {
    targets.push({ target, findings: await diagnoseTarget(slug, target, around) });
  }
  return { slug, findings: missingFindings(configured), targets };
}

async function diagnoseTarget(
  slug: Slug,
  target: Target,
  { shared, queues, searchPath }: Surroundings,
): Promise<Finding[]> {
  const findings = [...await checkTarget(target, { searchPath, problemOf })];
  const sharing = await checkShared(shared, slug, target);
  if (sharing) findings.push(sharing);
  // A bottle could put any text in it, and approve itself.
  for (const { what } of await queues.of(target, searchPath)) {
    findings.push(unwell(`${what}${AMONG_QUEUES}`));
  }
  return findings;
}

function missingFindings(configured: Targets): readonly Finding[] {
  const missing = TARGET_KINDS.filter((kind) => !configured[kind]);
  if (missing.length === 0) return [];
  if (missing.length === TARGET_KINDS.length) {
    return [well(`nothing is configured: ${NOTHING_APPLIED}`)];
  }
  return [well(`not configured: ${missing.join(", ")}`)];
}
