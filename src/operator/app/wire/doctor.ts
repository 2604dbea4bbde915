/** Whether what is approved could be applied, as `doctor` prints it. */

import { z } from "zod";
import { bottleSlug, path, targetKind } from "./fields.ts";

const findings = z.array(
  z.object({
    ok: z.boolean().describe("whether it is as it should be"),
    text: z.string().describe("what was found"),
    try: z.string().nullable().describe("a command line that may help"),
  }).meta({ id: "finding", title: "finding", description: "One thing that was looked at." }),
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

const targetSchema = z.object({
  kind: targetKind,
  path,
  write: z.enum(["in-place", "rename"]).describe("how the file is written"),
  reload: command.nullable().describe("the command that tells its reader; null: none"),
  reload_timeout_seconds: z.number().describe("how long that command may take"),
  check: checkSchema.nullable()
    .describe(
      "how a change is seen to be in effect: `{kind: route-table, url, proxy}` or " +
        "`{kind: command, command}`; null: it is not",
    ),
  findings,
}).meta({ id: "target", title: "target", description: "A live file, as it is configured." });

export const doctorSchema = z.object({
  config_path: z.string().nullable().describe("the configuration that was read; null: none"),
  findings: findings.describe("about what all bottles need"),
  bottles: z.array(
    z.object({
      bottle_slug: bottleSlug,
      findings,
      targets: z.array(targetSchema).describe("its live files"),
    })
      .meta({
        id: "bottle_findings",
        title: "bottle findings",
        description: "What was looked at for one bottle.",
      }),
  ).describe("one for each bottle"),
});
