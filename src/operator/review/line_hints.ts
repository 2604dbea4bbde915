/** What single lines of a Dockerfile can mean, as a table of patterns. */

export interface LineHint {
  readonly label: string;
  /** Goes on from `line 7 `, and is followed by the line. */
  readonly says: string;
  /** Only in these instructions; in all when there are none. */
  readonly keywords?: readonly string[];
  readonly pattern: RegExp;
}

const SECRET_NAME =
  "\\w*(?:TOKEN|SECRET|PASSW(?:OR)?D|PASSPHRASE|CREDENTIALS?|API_?KEY|ACCESS_?KEY|" +
  "PRIVATE_?KEY|_KEY|_PAT|_PWD)\\w*";

export const LINE_HINTS: readonly LineHint[] = [
  {
    label: "REMOTE SCRIPT",
    says: "takes what it fetches unchecked",
    pattern:
      /(?:^|\s)(?:--insecure|--no-check-certificate|--trusted-host|--no-verify-ssl|--allow-unauthenticated|--allow-untrusted|--force-yes|--nogpgcheck|--no-gpg-checks?)\b|\bcurl\s(?:\S+\s+){0,20}?-[a-zA-Z]*k[a-zA-Z]*(?=\s)|trusted=yes|strict-ssl[ =]+false|sslVerify[ =]+(?:false|0)|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|GOINSECURE|GONOSUM(?:DB|CHECK)|GOFLAGS=\S*insecure|GOSUMDB[ =]+off/i,
  },
  {
    label: "REMOTE SCRIPT",
    says: "installs a package straight from an address",
    pattern:
      /\b(?:pip\d?|pipx|uvx?|npm|npx|pnpm|yarn|bunx?|gem|cargo|deno|poetry|conda|dpkg|rpm|apk|apt|apt-get|dnf|yum)\s(?:\S+\s+){0,40}?(?:-\S+=)?["']?(?:\S+@)?(?:git\+|git:|git@|github:|gitlab:|bitbucket:|https?:|ftp:)\S/i,
  },
  {
    label: "REMOTE SCRIPT",
    says: "adds what an address names",
    keywords: ["ADD"],
    pattern: /[\s"'[](?:https?:|ftp:|git@|git:|ssh:|git\+|github\.com\/)/i,
  },
  {
    label: "ROOT",
    says: "gives root's powers",
    pattern:
      /\bsudo(?:ers)?\b|\bNOPASSWD\b|\bdoas\b|\bsetcap\b|\bchmod\s+(?:-\S+\s+)?(?:[ugoa,]*[+=][rwxXt]*s|[2-7]\d{3}\b)|--privileged\b|--security[= ]insecure|\b(?:useradd|adduser|usermod)\s.*(?:\s-(?:u|-uid|-non-unique)[ =]*0\b|\s-o\b|\b(?:sudo|wheel|docker|root)\b)|\bchpasswd\b|\bpasswd\s+(?:-d|root)\b|\/etc\/(?:passwd|shadow)\b|docker\.sock/i,
  },
  {
    label: "PACKAGE SOURCE",
    says: "takes packages, or trusts keys, from a further place",
    pattern:
      /sources\.list|\bapt-key\b|add-apt-repository|\bsigned-by\b|\/keyrings?\/|\bgpg\s.*--(?:dearmor|import|recv-keys?)|index-url\b|--find-links\b|\bPIP_\w*(?:INDEX|LINKS|HOST)\w*|\bUV_\w*INDEX\w*|\bpip\.conf\b|\.pypirc\b|--registry\b|\bset\s+\S*registry\b|NPM_CONFIG_\w+|\.npmrc\b|\.yarnrc\b|\/etc\/apk\/(?:repositories|keys)|\bapk\s(?:\S+\s+){0,20}?(?:-X\b|--repository\b)|yum\.repos\.d|--add-repo\b|yum-config-manager|\brpm\s+--import|\bgem\s+sources\b|\bGOPROXY\b|\bCARGO_REGISTR\w+|update-ca-(?:certificates|trust)|ca-certificates\/|\bpip\d?\s(?:\S+\s+){0,20}?-[if]\s/i,
  },
  {
    label: "PROXY",
    says: "says by which proxy, or past it, the network is reached",
    pattern: /\b(?:https?|all|no|ftp)_proxy\b|\bproxy\.conf\b|Acquire::https?::Proxy|--proxy\b/i,
  },
  {
    label: "SECRET IN IMAGE",
    says: "may write a secret into the image, where everybody can read it",
    keywords: ["ENV", "ARG", "LABEL"],
    pattern: new RegExp(`\\s${SECRET_NAME}(?:=["']?[^\\s"'=]|\\s+[^\\s=]+\\s*$)`, "i"),
  },
  {
    label: "SECRET IN IMAGE",
    says: "holds what looks like a secret, and everybody can read it in the image",
    pattern:
      /-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:gh[pousr]_|github_pat_|glpat-|xox[abp]-|AKIA|sk-)[\w-]{16}|:\/\/[^\s\/:@]{1,200}:[^\s\/@]{1,200}@/,
  },
  {
    label: "BUILD SECRET",
    says: "can read a secret of the build, or its SSH agent",
    pattern: /--mount=\S*type=["']?(?:secret|ssh)\b|--ssh\b|\/run\/secrets\//i,
  },
];
