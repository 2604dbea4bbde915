/** `triage`: all that is asked on one screen, for an operator who is asked often. */

import { Failure } from "../failure.ts";
import { announcing, takesEscapes } from "../settings.ts";
import type { Actions } from "../triage/actions.ts";
import { runTriage } from "../triage/run.ts";
import { isOnTerminal, systemTerminal } from "../triage/terminal.ts";
import type { Command, CommandContext } from "./command.ts";

/** The command over what its keys do. */
export function triageOver(actionsOf: (context: CommandContext) => Promise<Actions>): Command {
  return {
    name: "triage",
    usage: "",
    summary: "list, read and answer what agents ask, on one screen",
    about: [
      "Opens a screen with what agents ask, which follows what comes and goes: those whose agent " +
      "waits first, then the oldest. Enter shows an ask; a approves, m modifies, r rejects, u takes " +
      "an approval back, / filters, ? names all keys, q quits. The same as supervisectl alone on a " +
      "terminal.",
      "Space marks several, which a approves or r rejects with one question. It shows all that " +
      "they allow; an ask with a warning is left out of it, and so is a Dockerfile.",
      "New asks ring the terminal's bell and are counted in the title of its window; " +
      "SUPERVISE_BELL=0 turns both off.",
      "What you write is kept with its proposal, however the program ends, and comes back when you " +
      "open that proposal again.",
      "Needs a terminal of at least 40 columns and 10 rows, and TERM to be set.",
    ],
    options: [],
    examples: ["supervisectl triage", "supervisectl triage --slug dev"],
    async run(context) {
      if (!isOnTerminal()) {
        throw new Failure("usage", "triage needs a terminal on standard input and output", {
          do: "list",
        });
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
      const announces = announcing(context.env);
      const terminal = systemTerminal(announces.title);
      const now = () => context.app.now();
      await runTriage(await actionsOf(context), terminal, { now, announces });
    },
  };
}
