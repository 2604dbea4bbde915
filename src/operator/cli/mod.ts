/** The commands, one line each, in the order of the overview. */

import { approve } from "./approve.ts";
import type { Command } from "./command.ts";
import { helpOn } from "./help.ts";
import { list } from "./list.ts";
import { modify } from "./modify.ts";
import { reject } from "./reject.ts";
import { show } from "./show.ts";
import { watch } from "./watch.ts";

export const COMMANDS: readonly Command[] = [
  list,
  show,
  approve,
  modify,
  reject,
  watch,
  helpOn(() => COMMANDS),
];
