/**
 * What single lines of a Dockerfile can mean, as a table of patterns. Each must stay linear in the
 * length of any text: what needs more than a fixed stretch of it belongs to `command_hints.ts`.
 */

export interface LineHint {
  readonly label: string;
  /** Goes on from `line 7 `, and is followed by the line. */
  readonly says: string;
  /** Only in these instructions; in all when there are none. */
  readonly keywords?: readonly string[];
  readonly pattern: RegExp;
}

export const LINE_HINTS: readonly LineHint[] = [
  {
    label: "REMOTE SCRIPT",
    says: "takes what it fetches unchecked",
    pattern:
      /(?:^|\s)(?:--insecure|--no-check-certificate|--trusted-host|--no-verify-ssl|--allow-unauthenticated|--allow-untrusted|--force-yes|--nogpgcheck|--no-gpg-checks?)\b|trusted=yes|strict-ssl[ =]+false|sslVerify[ =]+(?:false|0)|GIT_SSL_NO_VERIFY|NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY|GOINSECURE|GONOSUM(?:DB|CHECK)|GOFLAGS=\S{0,100}insecure|GOSUMDB[ =]+off/i,
  },
  {
    label: "ROOT",
    says: "gives root's powers",
    pattern:
      /\bsudo(?:ers)?\b|\bNOPASSWD\b|\bdoas\b|\bsetcap\b|--privileged\b|--security[= ]insecure|\bchpasswd\b|\bpasswd\s+(?:-d|root)\b|docker\.sock/i,
  },
  {
    label: "PACKAGE SOURCE",
    says: "takes packages, or trusts keys, from a further place",
    pattern:
      /sources\.list|\bapt-key\b|add-apt-repository|\bsigned-by\b|\/keyrings?\/|index-url\b|--find-links\b|\bPIP_\w*(?:INDEX|LINKS|HOST)\w*|\bUV_\w*INDEX\w*|\bpip\.conf\b|\.pypirc\b|--registry\b|\bset\s+\S*registry\b|NPM_CONFIG_\w+|YARN_\w*REGISTRY\w*|\.npmrc\b|\.yarnrc\b|\/etc\/apk\/(?:repositories|keys)|yum\.repos\.d|--add-repo\b|yum-config-manager|\brpm\s+--import|\bgem\s+sources\b|\bGOPROXY\b|\bCARGO_REGISTR\w+|update-ca-(?:certificates|trust)|ca-certificates\//i,
  },
  {
    label: "PROXY",
    says: "says by which proxy, or past it, the network is reached",
    pattern: /\b(?:https?|all|no|ftp)_proxy\b|\bproxy\.conf\b|Acquire::https?::Proxy|--proxy\b/i,
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
    pattern: /--ssh\b|\/run\/secrets\//i,
  },
  {
    label: "DOWNLOAD",
    says: "opens a connection to the network",
    keywords: ["RUN", "CMD", "ENTRYPOINT", "SHELL", "COPY", "ADD"],
    pattern:
      /\bhttp\.client\b|\bhttplib|\burllib|\burlopen\b|IO::Socket|\bTCPSocket\b|\bimport\s+socket\b|\bsocket\.(?:socket|create_connection)\b|\basyncio\.open_connection|\b(?:net|tls)\.(?:connect|createConnection|Socket)\b|\bfsockopen\b|\bstream_socket_client\b|\b(?:require|import)\s?\(?\\?["'](?:node:)?(?:https?2?|net|tls|dgram)\\?["']|\bfrom\s+["']node:(?:https?2?|net|tls|dgram)\b|\bfetch\(\\?["']http|\/dev\/(?:tcp|udp)\//,
  },
];
