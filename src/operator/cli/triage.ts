/** `triage`: all that is asked on one screen, for an operator who is asked often. */

import { Failure } from "../failure.ts";
import type { Actions } from "../triage/actions.ts";
import { runTriage } from "../triage/run.ts";
import { isOnTerminal, systemTerminal } from "../triage/terminal.ts";
import { takesEscapes } from "../settings.ts";
import type { Command, CommandContext } from "./command.ts";

/** The command over what its keys do. */
export function triageOver(actionsOf: (context: CommandContext) => Promise<Actions>): Command {
  return {
    name: "triage",
    usage: "",
    summary: "list, read and answer what agents ask, on one screen",
    about: [
      "Opens a screen with what agents ask, oldest first, that follows what comes and goes. Enter " +
      "shows what would change; a approves, m modifies, r rejects, u takes an approval back, ? " +
      "names all keys, q quits. The same as supervisectl alone on a terminal.",
      "A text that was begun is kept with its proposal, however the program ends, and comes back " +
      "when that proposal is opened again.",
      "Needs a terminal of at least 40 columns and 10 rows, and TERM to be set.",
    ],
    options: [],
    examples: ["supervisectl triage", "supervisectl triage --slug dev"],
    async run(context) {
      if (!isOnTerminal()) {
        throw new Failure("usage", "triage needs a terminal, and this is none", { do: "list" });
      }
      if (!takesEscapes(context.env)) {
        const term = context.env("TERM");
        throw new Failure(
          "usage",
          `triage draws a whole screen, and TERM is ${term ? `"${term}"` : "not set"}: set it to ` +
            "what your terminal is, or use the other commands",
          { do: "list" },
        );
      }
      await runTriage(await actionsOf(context), systemTerminal(), () => context.app.now());
    },
  };
}
