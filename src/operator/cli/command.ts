/** What a command is, and what it is given when it runs. */

import type { Desk } from "../../queue/desk.ts";
import type { Slug } from "../../queue/layout.ts";
import type { AuditLog } from "../audit/log.ts";
import type { Config } from "../config/config.ts";
import type { Interrupts } from "../io.ts";
import type { Applications } from "../live/applications.ts";
import type { Output } from "../output.ts";
import type { Environment } from "../settings.ts";
import type { FlagOption, Line, OptionName, TextOption } from "./options.ts";

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
  readonly operand?: { readonly name: string; readonly required: boolean };
  readonly examples: readonly string[];
  /** It changes something, or with these words it does: that stands, also when it cannot be printed. */
  readonly acts?: true | ((line: Line) => boolean);
  run(call: Call): Promise<void>;
}

/** One run of a command. */
export interface Call {
  /** The word after the command; there when it is required. */
  readonly operand: string | undefined;
  readonly desk: Desk;
  /** Where the audit log and the record of what was applied are. */
  readonly stateDirectory: string;
  readonly audit: AuditLog;
  readonly slug: Slug | undefined;
  readonly out: Output;
  /** For remarks; failures are thrown. */
  readonly err: Output;
  readonly json: boolean;
  readonly env: Environment;
  /** The name that claims and decisions carry. */
  readonly operator: string;
  readonly applications: Applications;
  /**
   * Asks a question that is answered with yes or no; undefined when nobody is there. `signal`
   * answers no.
   */
  readonly confirm:
    | ((question: string, signal?: AbortSignal) => Promise<boolean>)
    | undefined;
  /** Read once. Throws a failure when it is wrong; without one nothing is applied. */
  config(): Promise<Config>;
  text(option: TextOption): string | undefined;
  flag(option: FlagOption): boolean;
  now(): Date;
  interrupts(): Interrupts;
  /** A command line to go on with, for the same queue root and bottle. Quotes `words` for a shell. */
  next(...words: string[]): string;
}
