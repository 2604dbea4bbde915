/** Routes files that no proxy may put in force, which an editor's schema sees in part. */

export interface WrongFile {
  readonly name: string;
  readonly text: string;
  /** What the proxy says. */
  readonly says: RegExp;
  /** The schema cannot tell. */
  readonly isBeyondSchema?: true;
}

export const WRONG_FILES: readonly WrongFile[] = [
  { name: "no YAML", text: "routes: [\n", isBeyondSchema: true, says: /is not YAML/ },
  { name: "a list", text: "- host: a.example\n", says: /must be a mapping/ },
  { name: "nothing", text: "", says: /must be a mapping/ },
  {
    name: "a key beside the routes",
    text: "routes: []\ndenied: []\n",
    says: /the one key 'routes'/,
  },
  { name: "routes that are no list", text: "routes: {}\n", says: /'routes' must be a list/ },
  {
    name: "a path list that is no list",
    text: "routes:\n  - {host: a.example, path_allowlist: /x}\n",
    says: /routes\[0\]: path_allowlist must be a list/,
  },
  {
    name: "a path list with nothing in it, not even brackets",
    text: "routes:\n  - host: a.example\n    path_allowlist:\n",
    says: /routes\[0\]: path_allowlist must be a list/,
  },
  {
    name: "a path that climbs",
    text: "routes:\n  - {host: a.example, path_allowlist: [/x/../y]}\n",
    says: /path '\/x\/\.\.\/y' must not contain '\.' or '\.\.' segments/,
  },
  {
    name: "a route without a host",
    text: "routes:\n  - path_allowlist: [/x]\n",
    says: /host must be one host name/,
  },
  {
    name: "a pattern",
    text: "routes:\n  - host: '*.a.example'\n",
    says: /host must be one host name without a pattern, got '\*\.a\.example'/,
  },
  {
    name: "a host twice",
    text: "routes:\n  - host: a.example\n  - host: A.example.\n",
    isBeyondSchema: true,
    says: /routes\[1\]: a\.example must be listed once/,
  },
  {
    name: "a key of a route that may narrow it",
    text: "routes:\n  - {host: a.example, methods: [GET]}\n",
    says: /routes\[0\]: unknown key 'methods'/,
  },
  {
    name: "half a credential",
    text: "routes:\n  - {host: a.example, auth: {scheme: Bearer}}\n",
    says: /auth must be a mapping with 'scheme' and 'token_ref'/,
  },
  {
    name: "a credential that is a path",
    text: "routes:\n  - {host: a.example, auth: {scheme: Bearer, token_ref: ../x}}\n",
    says: /token_ref must be the name of a variable/,
  },
  {
    name: "a value that is not of its type",
    text: "routes: !!int ''\n",
    isBeyondSchema: true,
    says: /is not YAML: string index/,
  },
  {
    name: "a key twice",
    text: "routes: []\nroutes: []\n",
    isBeyondSchema: true,
    says: /is not YAML: .*duplicate key/,
  },
  {
    name: "more than 1 MiB",
    text: "#".repeat(1_048_577),
    isBeyondSchema: true,
    says: /at most 1048576 bytes/,
  },
];
