/** What was looked at, in the wire form. */

import type { z } from "zod";
import type { Check, Target } from "../../config/config.ts";
import type { Finding } from "../../config/finding.ts";
import type { Remedy } from "../../failure.ts";
import type { Diagnosis } from "../diagnose.ts";
import type { doctorSchema } from "../wire/doctor.ts";

type Doctor = z.output<typeof doctorSchema>;
type TargetRecord = Doctor["bottles"][number]["targets"][number];

/** `lineOf`: the command line that a remedy comes to. */
export function doctorRecord(
  { config, findings, bottles }: Diagnosis,
  lineOf: (remedy: Remedy) => string,
): Doctor {
  const findingRecord = ({ ok, text, remedy }: Finding) => ({
    ok,
    text,
    try: remedy ? lineOf(remedy) : null,
  });
  return {
    config_path: config ?? null,
    findings: findings.map(findingRecord),
    bottles: bottles.map(({ slug, findings, targets }) => ({
      bottle_slug: slug,
      findings: findings.map(findingRecord),
      targets: targets.map(({ target, findings }) => ({
        ...targetFields(target),
        findings: findings.map(findingRecord),
      })),
    })),
  };
}

function targetFields(target: Target): Omit<TargetRecord, "findings"> {
  return {
    kind: target.kind,
    path: target.path,
    write: target.write,
    reload: target.reload ? [...target.reload] : null,
    reload_timeout_seconds: target.reloadTimeoutMs / 1_000,
    check: target.check ? checkRecord(target.check) : null,
  };
}

function checkRecord(check: Check): TargetRecord["check"] {
  return check.kind === "command"
    ? { kind: check.kind, command: [...check.command] }
    : { kind: check.kind, url: check.url.href, proxy: check.proxy?.href ?? null };
}
