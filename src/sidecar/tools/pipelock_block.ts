/** `pipelock-block`: asks for a host that pipelock, the gate behind the proxy, refused. */

import { z } from "zod";
import type { Proposer } from "../propose.ts";
import type { Mode } from "../settings.ts";
import { askOutput } from "./ask_output.ts";
import { justification } from "./fields.ts";
import { checkHost } from "./host.ts";
import { answerTexts } from "./answer_texts.ts";
import { ASK, defineTool, type SidecarTool } from "./tool.ts";

const NAME = "pipelock-block";
const MAX_URL_LENGTH = 8_192;

const input = z.object({
  failed_url: z.string("must be a string")
    .transform((text, context) => {
      const checked = checkUrl(text);
      if (checked.kind === "url") return checked.url;
      context.addIssue({ code: "custom", message: checked.message });
      return z.NEVER;
    })
    .describe(
      "The full URL that was refused, e.g. 'https://api.github.com/repos/foo/bar'. The host is " +
        "what gets allowed; the rest tells the operator what you were doing.",
    ),
  justification: justification(
    "For the operator: what you are doing and why you need this host. Be specific.",
  ),
});

type UrlCheck =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "wrong"; readonly message: string };

/**
 * Checks a URL and returns it in its canonical form (WHATWG URL). Other parsers read other hosts out
 * of the same odd text, such as `https://a.example\@b.example/`; of the canonical form they do not.
 */
function checkUrl(given: string): UrlCheck {
  const text = given.trim();
  const wrong = (message: string): UrlCheck => ({ kind: "wrong", message });
  if (text === "") return wrong("must be the URL that was refused; it is empty");
  if (text.length > MAX_URL_LENGTH) {
    return wrong(`must be at most ${MAX_URL_LENGTH} characters: cut the query`);
  }
  if (!/^https?:\/\//i.test(text)) return wrong("must start with http:// or https://");
  if (!/^[!-~]*$/.test(text)) {
    return wrong("must be printable ASCII without spaces: percent-encode the rest");
  }
  // A URL parser skips further slashes and would take the path's first segment for the host.
  if (/^https?:\/\/([/\\]|:\d*([/?#]|$)|$)/i.test(text)) return wrong("is missing a hostname");
  const url = URL.parse(text);
  if (!url) return wrong("must be a URL with a valid hostname, e.g. https://api.github.com/path");
  if (url.username || url.password) {
    return wrong("must not contain credentials: leave out what stands before '@'");
  }
  if (!url.hostname.startsWith("[")) {
    const host = checkHost(url.hostname);
    if (host.kind === "wrong") return wrong(`must name a host: that part ${host.message}`);
  }
  return { kind: "url", url: url.href };
}

const WHAT =
  "Ask the operator to add a host to pipelock's allowlist. Call it only when pipelock itself " +
  "refused the host as not on its allowlist; a request blocked because of its content (data loss " +
  "prevention) needs another remedy, not this. Pipelock's list mirrors the egress routes, so " +
  "prefer egress-block to gain a host; this tool is for the rare case that the two differ. Pass " +
  "the full URL you tried. ";

const ANSWERS =
  "Answers: 'status: approved' (retry now), 'status: modified', 'status: rejected' (read the " +
  "notes), or 'status: pending' (go on with other work and use proposal-status).";

export function pipelockBlock(proposer: Proposer, mode: Mode): SidecarTool {
  return defineTool({
    name: NAME,
    title: "Ask for a host at pipelock",
    description: WHAT + answerTexts(mode, ANSWERS),
    input,
    output: askOutput,
    annotations: ASK,
    waits: true,
    whole: (args) => `every path of ${new URL(args.failed_url).hostname}`,
    run: (args, caller) =>
      proposer.propose(
        { tool: NAME, proposedFile: args.failed_url, justification: args.justification },
        caller,
      ),
  });
}
