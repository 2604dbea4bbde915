/** The commands, one line each, in the order of the overview. */

import { approve } from "./approve.ts";
import { audit } from "./audit.ts";
import type { Command } from "./command.ts";
import { doctor } from "./doctor.ts";
import { helpOn } from "./help.ts";
import { init } from "./init.ts";
import { list } from "./list.ts";
import { modify } from "./modify.ts";
import { reject } from "./reject.ts";
import { routes } from "./routes.ts";
import { shadow } from "./shadow.ts";
import { show } from "./show.ts";
import { triageOver } from "./triage.ts";
import { triageActions } from "./triage_actions.ts";
import { undo } from "./undo.ts";
import { watch } from "./watch.ts";

/** What is meant by no command at all, on a terminal. */
export const triage = triageOver(triageActions);

export const COMMANDS: readonly Command[] = [
  triage,
  list,
  show,
  approve,
  modify,
  reject,
  undo,
  watch,
  routes,
  shadow,
  audit,
  doctor,
  init,
  helpOn(() => COMMANDS),
];
