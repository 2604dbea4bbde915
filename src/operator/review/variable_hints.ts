/** What names and values set by ENV, ARG and LABEL can mean. */

import { assignmentsIn, unquoted } from "./assignments.ts";
import type { Instruction } from "./dockerfile_lines.ts";
import type { Finding } from "./finding.ts";

const KEYWORDS = ["ENV", "ARG", "LABEL"];

const SECRET_NAME =
  /TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|_KEY|_PAT(?!H)|_PWD/i;

/** Programs that have nothing to do with each other run or load what these name. */
const LOADING = [
  ...["LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "BASH_ENV", "ENV", "PROMPT_COMMAND", "ZDOTDIR"],
  ...["NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE", "GCONV_PATH", "GLIBC_TUNABLES"],
  ...["PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PYTHONUSERBASE", "PYTHONBREAKPOINT"],
  ...["PERL5OPT", "PERL5LIB", "PERLLIB", "PERL5DB", "RUBYOPT", "RUBYLIB", "LUA_INIT", "LUA_PATH"],
  ...["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "MAVEN_OPTS"],
  ...["PHPRC", "PHP_INI_SCAN_DIR", "OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"],
  ...["RUSTC_WRAPPER", "CARGO_BUILD_RUSTC_WRAPPER", "XDG_CONFIG_HOME", "PIP_CONFIG_FILE"],
  ...["GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_EXTERNAL_DIFF"],
  ...["GIT_ASKPASS", "SSH_ASKPASS", "GIT_PROXY_COMMAND", "GIT_PAGER", "GIT_EDITOR"],
  ...["GIT_DIR", "GIT_SEQUENCE_EDITOR", "EDITOR", "VISUAL", "PAGER", "LESSOPEN", "LESSCLOSE"],
  ...["AWS_CONFIG_FILE", "CARGO_HOME", "CLAUDE_CONFIG_DIR", "DOTNET_STARTUP_HOOKS", "GOFLAGS"],
];

export const TRUSTS = "changes whom programs trust, or which server they ask";

/** They say whom programs trust, and where these go with their credentials. */
export const TRUSTED = [
  "SSL_CERT_(?:FILE|DIR)|(?:REQUESTS|CURL|AWS)_CA_BUNDLE|NODE_(?:EXTRA_CA_CERTS|USE_\\w+_CA)",
  "NIX_SSL_CERT_FILE|PIP_CERT|DENO_(?:CERT|TLS_CA_STORE)|CARGO_HTTP_CAINFO|COMPOSER_CAFILE",
  "BUNDLE_SSL_CA_CERT|GRPC_DEFAULT_SSL_ROOTS_FILE_PATH|SSLKEYLOGFILE|CURL_HOME|WGETRC|NETRC",
  "GIT_CONFIG(?:_\\w+)?|GIT_SSL_CA\\w+|GH_HOST|DOCKER_(?:HOST|CONFIG|CONTENT_TRUST)|KUBECONFIG",
  "HOSTALIASES|LOCALDOMAIN|RES_OPTIONS|OLLAMA_HOST",
].join("|");

/** So end names of servers, but also of a script's own variables. */
const SERVER =
  "(?:\\w*_)?(?:BASE_UR[LI]|API_BASE|API_URL|API_HOST|SERVER_URL|ENDPOINT|ENDPOINT_URL(?:_\\w+)?)";

const TRUST = new RegExp(`^(?:${TRUSTED}|${SERVER})$`, "i");

/** Where programs are looked for anyway, and what `PATH` was before. */
const USUAL_FIRST = /^(?:\$\{?PATH\}?|(?:\/usr(?:\/local)?)?\/s?bin)$/;

export function variableFindings({ keyword, args, rows }: Instruction): Finding[] {
  if (!KEYWORDS.includes(keyword)) return [];
  const findings: Finding[] = [];
  const found = new Set<string>();
  const add = (label: string, says: string, name: string) => {
    if (found.has(label)) return;
    found.add(label);
    const row = rows.find(({ text }) => text.includes(name)) ?? rows[0];
    findings.push({ label, says, row });
  };
  for (const { name: written, value } of assignmentsIn(args, keyword !== "ARG")) {
    const name = unquoted(written);
    const plain = unquoted(value ?? "");
    if (plain === "") continue;
    if (SECRET_NAME.test(name)) {
      const says = "may write a secret into the image, where everybody can read it";
      add("SECRET IN IMAGE", says, written);
    }
    if (keyword === "LABEL") continue;
    if (LOADING.includes(name)) add("LOADS CODE", "makes other programs run or load more", written);
    if (TRUST.test(name)) add("TRUST", TRUSTS, written);
    if (name === "PATH" && !USUAL_FIRST.test(plain.split(":", 1)[0] ?? "")) {
      add("LOADS CODE", "changes where programs are looked for first", written);
    }
  }
  return findings;
}
