/** `doctor`: whether what is approved could be applied, looked at before it has to be. */

import { diagnose, type Diagnosis } from "../app/diagnose.ts";
import { doctorRecord } from "../app/records/doctor.ts";
import { wrapWords } from "../columns.ts";
import type { Finding } from "../config/finding.ts";
import { Failure } from "../failure.ts";
import type { Output } from "../output.ts";
import { visibleLine } from "../visible.ts";
import { abandonInterrupted } from "./abandon.ts";
import type { Command, CommandContext } from "./command.ts";

export const doctor: Command = {
  name: "doctor",
  usage: "[--abandon ID]",
  summary: "say whether what is approved can be applied",
  about: [
    "Says for each bottle what is configured, readable, writable and reloadable.",
    "Looks at the configuration, the state directory, and the live files and commands of each " +
    'bottle. Lines that begin with "!" say what is not as it should be, and the exit code is then 1.',
    "It changes nothing, asks nothing over the network and runs no reload command.",
    "--abandon ends an approval or undo that was interrupted and that no other command can end: it " +
    "says what the live files hold, asks, writes it into the audit log, and keeps the texts before " +
    "and after in the state directory. It writes no live file and runs no command.",
  ],
  options: ["abandon"],
  examples: [
    "supervisectl doctor",
    "supervisectl doctor --slug dev",
    "supervisectl doctor --json",
    "supervisectl doctor --abandon 1a2b",
  ],
  acts: ({ texts }) => texts.has("abandon"),
  async run(context) {
    const abandoned = context.text("abandon");
    if (abandoned !== undefined) return await abandonInterrupted(context, abandoned);
    const diagnosis = await diagnose(context.app, context.slug);
    if (context.json) context.out.json(doctorRecord(diagnosis, context.remedyLine));
    else print(context, diagnosis);
    const all = findingsOf(diagnosis);
    const problems = all.filter(({ ok }) => !ok).length;
    if (problems === 0) return;
    throw new Failure(
      "unwell",
      `${problems} of ${all.length} checks failed; ` +
        (context.json ? 'those with "ok": false say why' : 'the lines that begin with "!" say why'),
    );
  },
};

function print(context: CommandContext, { findings, bottles }: Diagnosis): void {
  const { out } = context;
  for (const finding of findings) printFinding(context, finding, 0);
  for (const bottle of bottles) {
    out.line();
    out.line(`Bottle ${bottle.slug}`);
    for (const { target, findings } of bottle.targets) {
      printRows(out, true, `${target.kind}: ${target.path}`, 0);
      for (const finding of findings) printFinding(context, finding, 2);
    }
    for (const finding of bottle.findings) printFinding(context, finding, 0);
  }
}

function printFinding(
  { out, remedyLine }: CommandContext,
  { ok, text, remedy }: Finding,
  indent: number,
): void {
  printRows(out, ok, text, indent);
  if (remedy) out.line(" ".repeat(indent + 4), `Try: ${remedyLine(remedy)}`);
}

/** Every row has its sign, so that `grep '^!'` finds whole sentences. */
function printRows(out: Output, ok: boolean, text: string, indent: number): void {
  const rows = wrapWords(visibleLine(text), out.columns - indent - 4);
  for (const [index, row] of rows.entries()) {
    out.line(
      ok ? " " : { text: "!", style: "bold" },
      " ".repeat(indent + (index === 0 ? 1 : 3)),
      row,
    );
  }
}

function findingsOf({ findings, bottles }: Diagnosis): Finding[] {
  return [
    ...findings,
    ...bottles.flatMap((bottle) => [
      ...bottle.findings,
      ...bottle.targets.flatMap(({ findings }) => findings),
    ]),
  ];
}
