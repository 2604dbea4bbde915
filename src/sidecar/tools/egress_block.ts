/** `egress-block`: asks for one route through the egress proxy. */

import { z } from "zod";
import { MAX_PATH_LENGTH, MAX_PATHS, whyNotPathPrefix } from "../../queue/path_prefix.ts";
import type { AlreadyAllowed } from "../egress/already_allowed.ts";
import type { Proposer } from "../propose.ts";
import type { Mode } from "../settings.ts";
import { askOutput } from "./ask_output.ts";
import { justification } from "./fields.ts";
import { checkHost } from "./host.ts";
import { answerTexts } from "./answer_texts.ts";
import { ASK, defineTool, type SidecarTool } from "./tool.ts";

const NAME = "egress-block";

const PATHS_FORM = `must be an array of at most ${MAX_PATHS} strings`;

/**
 * Prefixes are compared with the path of a request, so only what can stand in one is let through.
 * Clients are told one pattern: of several some heed one, and others refuse the tool.
 */
const path = z.string("must be a string")
  .meta({ pattern: "^/[!-~]*$" })
  .max(MAX_PATH_LENGTH, `must be at most ${MAX_PATH_LENGTH} characters`)
  .superRefine((text, context) => {
    const why = whyNotPathPrefix(text);
    // What the schema tells a client already need not be said twice.
    if (why && context.issues.length === 0) context.addIssue({ code: "custom", message: why });
  });

const TOKEN_REF_FORM = "must be a non-empty string naming the host env var holding the token: " +
  "letters, digits and '_', not starting with a digit";

const auth = z.strictObject({
  scheme: z.enum(["Bearer", "token"], "must be one of Bearer, token")
    .describe("How the proxy writes the Authorization header: 'Bearer' or 'token'."),
  token_ref: z.string(TOKEN_REF_FORM)
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, TOKEN_REF_FORM)
    .describe("Name of the host environment variable that holds the secret, e.g. 'GH_TOKEN'."),
}, "must be an object with 'scheme' and 'token_ref'");

const input = z.object({
  host: z.string("must be a non-empty string")
    .transform((text, context) => {
      const checked = checkHost(text);
      if (checked.kind === "host") return checked.host;
      context.addIssue({ code: "custom", message: checked.message });
      return z.NEVER;
    })
    .describe("The one host to allow, e.g. 'api.github.com'. No scheme, port, path or wildcard."),
  justification: justification(
    "For the operator: what you are doing, what was refused, why you need this host. Be specific.",
  ),
  path_allowlist: z.array(path, PATHS_FORM).max(MAX_PATHS, PATHS_FORM).optional()
    .describe(
      "URL path prefixes to allow on that host, each starting with '/', e.g. ['/repos/acme/']. " +
        "Narrow asks are approved sooner. Leave out only if you need every path of the host.",
    ),
  auth: auth.optional()
    .describe(
      "Only if the host needs a credential you do not have: the proxy adds it, you never see it. " +
        "Ignored when the host already has a route.",
    ),
});

const WHAT =
  "Ask the operator to let your HTTPS requests reach one more host (or more paths of it). Call " +
  "it when the egress proxy refused a request: usually HTTP 403 because the host has no route, " +
  "or the path is outside the route's path_allowlist. Check list-egress-routes first if unsure. " +
  "Propose ONE route: the host, the path prefixes you need, and, if the host needs a credential, " +
  "the auth block. Do not send a whole routes file: it is merged into the live table, and paths " +
  "are added to those the host already has. What the live table allows already is answered with " +
  "'already allowed' (try your request again). ";

const ANSWERS =
  "Answers: 'status: approved' (retry your request now), 'status: modified' (approved with " +
  "changes, see list-egress-routes for what is allowed now), 'status: rejected' (read the notes, " +
  "do not ask again unchanged), or 'status: pending' (no answer yet: go on with other work " +
  "and use proposal-status).";

export function egressBlock(
  proposer: Proposer,
  alreadyAllowed: AlreadyAllowed,
  mode: Mode,
): SidecarTool {
  return defineTool({
    name: NAME,
    title: "Ask for a host",
    description: WHAT + answerTexts(mode, ANSWERS),
    input,
    output: askOutput,
    annotations: ASK,
    waits: true,
    whole: (args) => args.path_allowlist?.length ? undefined : `every path of ${args.host}`,
    run: (args, caller) => {
      const route = {
        host: args.host,
        ...args.path_allowlist?.length ? { path_allowlist: args.path_allowlist } : {},
        ...args.auth ? { auth: args.auth } : {},
      };
      const proposedFile = JSON.stringify(route, null, 2) + "\n";
      return proposer.propose(
        { tool: NAME, proposedFile, justification: args.justification },
        caller,
        () => alreadyAllowed(route),
      );
    },
  });
}
