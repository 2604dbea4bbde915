/**
 * What a new instruction can mean, as a table of patterns of plain forms. Each stays linear in the
 * length of any text: what may repeat has a bound.
 */

import type { HintLabel } from "./hint_notices.ts";

interface InstructionHint {
  readonly label: HintLabel;
  /** Goes on from `line 7 `, and is followed by the line. */
  readonly says: string;
  /** Only in these instructions; in all when there are none. */
  readonly keywords?: readonly string[];
  readonly pattern: RegExp;
}

const VARIABLES = ["ENV", "ARG"];

export const INSTRUCTION_HINTS: readonly InstructionHint[] = [
  {
    label: "REMOTE SCRIPT",
    says: "adds what an address, or a variable, names",
    keywords: ["ADD"],
    pattern: /[\s[](?:https?:|ftp:|ssh:|git:|git@|git\+|github\.com\/|\$\S{1,200}\s)/i,
  },
  {
    label: "REMOTE SCRIPT",
    says: "installs a package straight from an address",
    pattern:
      /\b(?:pip[\d.]*|pipx|uvx?|npm|npx|pnpm|yarn|bunx?|gem|cargo|deno|dpkg|rpm|apt|apt-get|apk|dnf|yum)\s[^\n;&|]{0,150}(?:git\+|git@|github:|https?:\/\/|--git[ =])|\bgo (?:install|run|get) [\w-]+\.[\w.-]+\//i,
  },
  {
    label: "REMOTE SCRIPT",
    says: "takes what it fetches unchecked",
    pattern:
      /\s--(?:insecure|no-check-certificate|trusted-host|no-verify-ssl|allow-unauthenticated|allow-untrusted|nogpgcheck)\b|\bcurl\s[^\n;&|]{0,100}\s?-[a-zA-Z]{0,9}k[a-zA-Z]{0,9}\s|trusted=yes|strict-ssl[ =]false|sslVerify[ =](?:false|0)|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED/i,
  },
  {
    label: "ROOT",
    says: "gives root's powers",
    pattern:
      /\bsudo(?:ers)?\b|\bdoas\b|\bsetcap\b|--security=insecure|--privileged\b|docker\.sock|\b(?:chmod|install)\s(?:-\w{1,9}\s)?0*[2-7]\d{3}\b|\bchmod[= ][\w,+]{0,9}[+=]\w{0,2}s|--chmod=0*[2-7]\d{3}\b/i,
  },
  {
    label: "ROOT",
    says: "gives root's powers",
    pattern:
      /\b(?:useradd|adduser|usermod|addgroup|groupadd|gpasswd)\s[^\n;&|]{0,100}(?:-\w{0,9}[ug] ?0\b|--[ug]id[ =]0\b|--non-unique|\s-o\s|\b(?:wheel|docker|root)\b)/,
  },
  {
    label: "ROOT",
    says: "names a file that says who may do what",
    pattern: /\/etc\/(?:passwd|g?shadow)\b/,
  },
  {
    label: "HOST NETWORK",
    says: "may run in the network of the machine that builds, past every proxy",
    keywords: ["RUN"],
    pattern: /--network=(?:host\b|\S{0,100}\$)/i,
  },
  {
    label: "BUILD SECRET",
    says: "can read a secret of the build, or its SSH agent",
    pattern: /--mount=\S{0,100}type=(?:secret|ssh)\b|\/run\/secrets\//i,
  },
  {
    label: "BUILD SECRET",
    says: "takes in what may hold secrets",
    keywords: ["COPY", "ADD", "RUN"],
    pattern:
      /(?:^(?:COPY|ADD)\b[^\n]{0,150}[\s/,[]|--mount=\S{0,100}(?:source|src)=(?:\S{0,100}\/)?)(?:\.(?:git|ssh|aws|kube|gnupg|netrc|env|npmrc|pypirc)\b|id_(?:rsa|ed25519))/i,
  },
  {
    label: "RUN LATER",
    says: "names a place whose files are run or obeyed later, unasked",
    pattern:
      /\/etc\/(?:profile|bash|zsh|environment|cron|periodic|systemd|init\.d|ssh\/|pam\.d|hosts\b|skel\/|gitconfig|ld\.so)|\/spool\/cron|\/systemd\/|\.(?:bash(?:rc|_\w{1,20})|z(?:shrc|shenv|profile)|profile|curlrc|gitconfig|mcp\.json|pth)\b|authorized_keys|\.ssh\b|\.git\/hooks|\.claude\/(?:settings|hooks)|\.cargo\/config(?:\.toml)?(?=\s)|sitecustomize\.py|docker-entrypoint|\bcrontab\b|\bsystemctl enable\b/,
  },
  {
    label: "RUN LATER",
    says: "names a place where commands are looked for",
    pattern:
      /(?:>|^(?:COPY|ADD|WORKDIR)\b[^\n]{0,150}[\s,]|\b(?:cp|mv|ln|tee|install|cd)\s(?:[^\n;&|]{0,100}\s)?)\s?(?:\/usr(?:\/local)?|\/opt|\/root|~|\$HOME|\/home\/[^\s/]{1,40})?\/s?bin\b/im,
  },
  {
    label: "TRUST",
    says: "changes whom programs trust, or which server they ask",
    pattern:
      /\b(?:SSL_CERT_(?:FILE|DIR)|\w{1,20}_CA_(?:BUNDLE|CERTS)|GIT_CONFIG\w{0,20}|GIT_SSL_\w{1,20}|DOCKER_HOST|SSLKEYLOGFILE|\w{1,40}_(?:BASE_URL|API_BASE|ENDPOINT_URL\w{0,9}))[ =]\S|\b(?:core\.(?:sshCommand|fsmonitor)|credential\.\S{0,100}helper|include\.path|set cafile|hooksPath)\b|insteadOf\b|update-ca-(?:certificates|trust)/i,
  },
  {
    label: "LOADS CODE",
    says: "makes other programs run or load more",
    keywords: VARIABLES,
    pattern:
      /\s(?:LD_\w{1,20}|BASH_ENV|PROMPT_COMMAND|NODE_OPTIONS|NODE_PATH|PYTHON(?:STARTUP|PATH|HOME)|PERL5\w{1,9}|RUBY(?:OPT|LIB)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|GIT_(?:SSH(?:_COMMAND)?|DIR|PAGER|EDITOR|EXEC_PATH|ASKPASS)|EDITOR|VISUAL|PAGER|GOFLAGS|DOTNET_STARTUP_HOOKS)[ =]/,
  },
  {
    label: "LOADS CODE",
    says: "changes where programs are looked for first",
    keywords: VARIABLES,
    pattern: /\sPATH[ =](?!\$|\/usr\/|\/s?bin)/,
  },
  {
    label: "SECRET IN IMAGE",
    says: "may write a secret into the image, where everybody can read it",
    keywords: [...VARIABLES, "LABEL"],
    pattern:
      /(?:TOKEN|SECRET|PASSW(?:OR)?D|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)\w{0,40}[ =]\S/i,
  },
  {
    label: "SECRET IN IMAGE",
    says: "holds what looks like a secret, and everybody can read it in the image",
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abp]-|AKIA|sk-)[\w-]{16}|:\/\/[^\s/:@]{1,200}:[^\s/@]{1,200}@/,
  },
  {
    label: "PROXY",
    says: "says by which proxy, or past it, the network is reached",
    pattern:
      /\b(?:https?|all|no|ftp)_proxy\b|\bhttps?[.-]\S{0,100}proxy\b|Acquire::https?|--proxy\b/i,
  },
  {
    label: "PACKAGE SOURCE",
    says: "takes packages, or trusts keys, from a further place",
    pattern:
      /sources\.list|\bapt-key\b|add-apt-repository|signed-by|index-url\b|--find-links\b|--registry\b|\bset registry\b|\b(?:PIP|UV)_\w{0,20}INDEX|\b(?:NPM_CONFIG|YARN)_\w{0,20}REGISTRY|\bGOPROXY\b|\.npmrc\b|pip\.conf\b|\/etc\/apk\/|yum\.repos\.d|--add-repo|\brpm --import/i,
  },
  {
    label: "DOWNLOAD",
    says: "opens a connection to the network",
    keywords: ["RUN", "CMD", "ENTRYPOINT", "SHELL"],
    pattern:
      /\bhttp\.client\b|\burl(?:lib|open)|\brequire\((?:node:)?(?:https?2?|net|tls)\)|\bopenssl s_client\b|\/dev\/(?:tcp|udp)\//,
  },
  {
    label: "ENTRYPOINT",
    says: "says what the container runs",
    keywords: ["ENTRYPOINT", "CMD", "HEALTHCHECK", "SHELL"],
    pattern: /^/,
  },
];
