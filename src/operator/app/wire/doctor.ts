/** Whether what is approved could be applied, as `doctor` prints it. */

import { z } from "zod";
import * as field from "./fields.ts";

const findings = z.array(
  field.part("finding", "One thing that was looked at.", {
    ok: z.boolean().describe("whether it is as it should be"),
    text: z.string().describe("what was found"),
    try: z.string().nullable().describe("a command line that may help"),
  }),
).describe("one a fact");

const command = z.array(z.string());

const checkSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("route-table").describe("the proxy's table of routes is asked for"),
    url: z.string().describe("where"),
    proxy: z.string().nullable().describe("through which proxy; null: directly"),
  }),
  z.object({
    kind: z.literal("command").describe("a command says whether the change is in effect"),
    command: command.describe("its words"),
  }),
]);

const targetSchema = field.part("target", "A live file, as it is configured.", {
  kind: field.targetKind,
  path: field.path,
  write: z.enum(["in-place", "rename"]).describe("how the file is written"),
  reload: command.nullable().describe("the command that tells its reader; null: none"),
  reload_timeout_seconds: z.number().describe("how long that command may take"),
  check: checkSchema.nullable()
    .describe(
      "how a change is seen to be in effect: `{kind: route-table, url, proxy}` or " +
        "`{kind: command, command}`; null: it is not",
    ),
  findings,
});

export const doctorSchema = z.object({
  config_path: z.string().nullable().describe("the configuration that was read; null: none"),
  findings: findings.describe("about what all bottles need"),
  bottles: z.array(
    field.part("bottle_findings", "What was looked at for one bottle.", {
      bottle_slug: field.bottleSlug,
      findings,
      targets: z.array(targetSchema).describe("its live files"),
    }),
  ).describe("one for each bottle"),
});
