/** What a command is, and what it is given when it runs. */

import type { Slug } from "../../queue/layout.ts";
import type { Actor, App } from "../app/app.ts";
import type { Remedy } from "../failure.ts";
import type { Interrupts } from "../io.ts";
import type { Output } from "../output.ts";
import type { Environment } from "../settings.ts";
import type { CommandLine, FlagOption, OptionName, TextOption } from "./options.ts";

export interface Command {
  readonly name: string;
  /** What stands after the name: `ID [--notes TEXT]`. */
  readonly usage: string;
  /** One line for the overview. */
  readonly summary: string;
  /** Paragraphs for the command's own help, each one line. */
  readonly about: readonly string[];
  /** What it takes beside the options of every command. */
  readonly options: readonly OptionName[];
  /** The words after the command: how many it takes, and what they are called. */
  readonly operand?: {
    readonly name: string;
    readonly required: boolean;
    /** It takes several, of at least four characters each. */
    readonly many?: true;
  };
  readonly examples: readonly string[];
  /** It changes something, or with these words it does: that stands, also when it cannot be printed. */
  readonly acts?: true | ((line: CommandLine) => boolean);
  run(context: CommandContext): Promise<void>;
}

/** One run of a command. */
export interface CommandContext {
  readonly app: App;
  /** The word after the command; there when it is required. */
  readonly operand: string | undefined;
  /** All of them. */
  readonly operands: readonly string[];
  /** Of one bottle alone. */
  readonly slug: Slug | undefined;
  readonly out: Output;
  /** For remarks; failures are thrown. */
  readonly err: Output;
  readonly json: boolean;
  readonly env: Environment;
  /** The name that claims and decisions carry. */
  readonly operator: string;
  /**
   * Asks a question that is answered with yes or no; undefined when there is no terminal. `signal`
   * answers no.
   */
  readonly confirm:
    | ((question: string, signal?: AbortSignal) => Promise<boolean>)
    | undefined;
  text(option: TextOption): string | undefined;
  flag(option: FlagOption): boolean;
  /** Whether the option was given, whatever its kind. */
  has(option: OptionName): boolean;
  interrupts(): Interrupts;
  /** A command line to go on with, for the same queue root and bottle. Quotes `words` for a shell. */
  next(...words: string[]): string;
  /** The same for a remedy. */
  readonly remedyLine: (remedy: Remedy) => string;
}

/** The operator at this terminal. */
export function actorOf({ operator: name }: CommandContext, signal: AbortSignal): Actor {
  return { name, credential: "unix user", signal };
}

/** Runs a use case as the operator at this terminal, who can stop it from here on. */
export async function asOperator<T>(
  context: CommandContext,
  use: (actor: Actor) => Promise<T>,
): Promise<T> {
  using interrupts = context.interrupts();
  return await use(actorOf(context, interrupts.signal));
}
