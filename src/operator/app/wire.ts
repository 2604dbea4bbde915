/** Everything that is printed as JSON: by which command, and its form. */

import { z } from "zod";
import {
  abandonSchema,
  answerSchema,
  dryRunSchema,
  severalSchema,
  undoSchema,
} from "./wire/answer.ts";
import {
  auditRotateSchema,
  auditSchema,
  auditStatsSchema,
  auditStepSchema,
  auditVerifySchema,
} from "./wire/audit.ts";
import { doctorSchema } from "./wire/doctor.ts";
import { eventSchema } from "./wire/event.ts";
import { failureSchema } from "./wire/failure.ts";
import { initSchema } from "./wire/init.ts";
import { listSchema, showSchema } from "./wire/proposal.ts";
import { allRoutesSchema, routesSchema } from "./wire/routes.ts";
import { shadowSchema } from "./wire/shadow.ts";

export interface Printed {
  readonly schema: z.ZodType;
  /** One object on each line, instead of one in all. */
  readonly isLines?: true;
}

export const WIRE = {
  "list": { schema: listSchema },
  "show": { schema: showSchema },
  "approve, modify, reject": { schema: answerSchema },
  "approve ID ID, reject ID ID": { schema: severalSchema },
  "approve --dry-run, modify --dry-run": { schema: dryRunSchema },
  "undo": { schema: undoSchema },
  "watch": { schema: eventSchema, isLines: true },
  "routes": { schema: routesSchema },
  "routes --all": { schema: allRoutesSchema },
  "audit": { schema: auditSchema, isLines: true },
  "audit --steps": { schema: auditStepSchema, isLines: true },
  "audit --stats": { schema: auditStatsSchema },
  "audit verify": { schema: auditVerifySchema },
  "audit rotate": { schema: auditRotateSchema },
  "doctor": { schema: doctorSchema },
  "doctor --abandon": { schema: abandonSchema },
  "init": { schema: initSchema },
  "shadow export": { schema: shadowSchema },
  "help": { schema: z.object({ help: z.string().describe("the text of the help") }) },
  "version": { schema: z.object({ version: z.string().describe("the program's version") }) },
  "error": { schema: failureSchema },
} as const satisfies Readonly<Record<string, Printed>>;
