/**
 * Takes obvious secrets out of free text. A net for what was pasted by mistake, and not a promise: a
 * secret without a form of its own cannot be told from other text. The list is all of it.
 */

export const REDACTED = "[redacted]";

/**
 * The text is hostile and may be long, so that the work of each pattern must grow with it and no
 * faster: what precedes the place of a decision is bounded, or what was looked through is consumed,
 * also where nothing is replaced, so that no second search starts inside of it.
 */
const SECRETS: readonly (readonly [pattern: RegExp, put: string | ((found: string) => string)])[] =
  [
    // Private keys, also where the end is missing.
    [
      /-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[\s\S]*?(-----END [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----|$)/g,
      REDACTED,
    ],
    // URLs: scheme://user:password@host, and what stands behind ? or #. The search for the @ ends at a
    // slash, and so before the next URL of the same word.
    [/(:\/\/)[^\s/"'<>]+@/g, `$1${REDACTED}@`],
    [/:\/\/[^\s"'<>]+/g, withoutQuery],
    // Headers: Authorization: Bearer …, Cookie: …
    [
      /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?[ \t]{0,5}[:=])[^\n\r]+/gi,
      `$1$2 ${REDACTED}`,
    ],
    [
      /\b(bearer)([ \t]{1,5})(?!(?:tokens?|auth|authentication|authorization|schemes?|headers?)\b)[^\s"'`,;]{3,}/gi,
      `$1$2${REDACTED}`,
    ],
    [
      /\b([Bb]asic)([ \t]{1,5})(?=[a-z]{0,64}[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2}/g,
      `$1$2${REDACTED}`,
    ],
    // token=…, "password": "…", GH_TOKEN=…, --api-key …
    [
      /((?:token|secret|passw(?:or)?d|pwd|passphrase|credentials?|signature|(?:api|access|private|account|client|signing|encryption)[_-]?key)[a-z0-9_-]{0,20}[\\"']{0,4}[ \t]{0,5}[:=][ \t]{0,5})("[^"\n]*(?:"|$)|'[^'\n]*(?:'|$)|[\\"']{0,4}[^\s"'&\\]+)/gi,
      `$1${REDACTED}`,
    ],
    [
      /((?:token|secret|passw(?:or)?d|api-key|access-key)(?=[ \t])(?<=--[a-z-]{0,40})[ \t]{1,5})("[^"\n]*(?:"|$)|'[^'\n]*(?:'|$)|["']?[^\s"']+)/gi,
      `$1${REDACTED}`,
    ],
    // Tokens that show whose they are: GitHub, GitLab, AWS, OpenAI and Anthropic, Slack, npm, PyPI,
    // Google, Hugging Face, Stripe, SendGrid.
    [/\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{4,}/g, REDACTED],
    [/\bgl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_-]{8,}/g, REDACTED],
    [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{8,}/g, REDACTED],
    [/\bsk-[A-Za-z0-9_-]{12,}/g, REDACTED],
    [/\bxox[a-z]-[A-Za-z0-9-]{8,}/g, REDACTED],
    [/\bnpm_[A-Za-z0-9]{20,}/g, REDACTED],
    [/\bpypi-[A-Za-z0-9_-]{20,}/g, REDACTED],
    [/\bAIza[A-Za-z0-9_-]{20,}/g, REDACTED],
    [/\bya29\.[A-Za-z0-9_-]{10,}/g, REDACTED],
    [/\bhf_[A-Za-z0-9]{20,}/g, REDACTED],
    [/\b[rs]k_(?:live|test)_[A-Za-z0-9]{8,}/g, REDACTED],
    [/\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g, REDACTED],
    // JSON Web Tokens. The second form takes in what only begins like one, and it stays.
    [
      /\beyJ(?:[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?|[A-Za-z0-9_-]*)/g,
      (found) => found.includes(".") ? REDACTED : found,
    ],
  ];

export function redact(text: string): string {
  return SECRETS.reduce(
    (left, [pattern, put]) =>
      typeof put === "string" ? left.replace(pattern, put) : left.replace(pattern, put),
    text,
  );
}

/** `word`: from the "://" of a URL to the end of the word, with all further URLs in it. */
function withoutQuery(word: string): string {
  const at = word.slice(3).search(/[?#]./) + 4;
  return at < 4 ? word : word.slice(0, at) + REDACTED;
}
