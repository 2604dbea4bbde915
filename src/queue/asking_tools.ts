/** The tools that ask, one row each: what both planes know of an ask by the name of its tool. */

/**
 * What `proposed_file` holds: one route as JSON, the URL that was refused, or a whole Dockerfile. It
 * decides what is the same ask, what is told of it, how it is reviewed, and what its approval changes.
 * A bottle can write any text there.
 */
export type AskForm = "route" | "url" | "dockerfile";

interface AskingTool {
  readonly form: AskForm;
  /** For a model, in ASCII: when to call it, and with what. */
  readonly use: string;
}

/** In the order in which models are told of them. */
export const ASKING_TOOLS: Readonly<Record<string, AskingTool>> = {
  "egress-block": {
    form: "route",
    use: "A host or path is refused (usually HTTP 403 from the proxy): egress-block, with the " +
      "host and the paths you need.",
  },
  "pipelock-block": {
    form: "url",
    use: "pipelock refuses a host as not on its list: pipelock-block, with the URL.",
  },
  "capability-block": {
    form: "dockerfile",
    use: "A tool, package, permission or environment variable is missing in your container: " +
      "capability-block, with the whole new Dockerfile.",
  },
};

/** `egress-block, pipelock-block or capability-block`. */
export const ASKING_TOOL_NAMES = Object.keys(ASKING_TOOLS).join(", ").replace(
  /, ([^,]*)$/,
  " or $1",
);

/** Undefined for a tool that this version does not know. */
export function formOf(tool: string): AskForm | undefined {
  return Object.hasOwn(ASKING_TOOLS, tool) ? ASKING_TOOLS[tool]?.form : undefined;
}
