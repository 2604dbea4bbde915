/** What the words after a command can mean, read in one pass: no pattern sees more than a word. */

import type { Finding } from "./finding.ts";
import { COMMANDS, OBEYED, SECRETS } from "./places.ts";
import type { Step } from "./shell_steps.ts";
import { TRUSTED, TRUSTS } from "./variable_hints.ts";

interface CommandHint {
  readonly label: string;
  readonly says: string;
  /** Without the version at its end; any command when there are none. */
  readonly commands?: readonly string[];
  /** What must stand between the command and the word; nothing when undefined. */
  readonly verbs?: readonly string[];
  readonly word?: RegExp;
  /** The word and the one before, a blank between them. */
  readonly pair?: RegExp;
  /** Pairs that mean something else. */
  readonly except?: RegExp;
}

/** Patterns see so much of a word. */
const MAX_WORD_LENGTH = 1_000;
/** No command has a longer name. */
const MAX_NAME_LENGTH = 24;

const ADDRESS = "installs a package straight from an address";
const FROM_ELSEWHERE = "takes packages, or trusts keys, from a further place";
const POWERS = "gives root's powers";
const MODE = "(?:0*[2-7][0-7]{3}$|(?:[ugoa]*[-+=][rwxXstugo]*,)*[ugoa]*[+=][rwxXt]*s)";
const NPM = ["npm", "pnpm", "yarn", "bun"];
const NPM_VERBS = ["i", "in", "install", "add", "exec", "x", "dlx", "create", "init"];
const LATER = "names a place whose files are run or obeyed later, unasked";
const WRITERS = [
  ...["copy", "add", "workdir", "cd", "cp", "mv", "ln", "install", "tee", "dd", "rsync", "tar"],
  ...["unzip", "curl", "wget", "sed", "patch", ">", ">>"],
];
const GIT = "changes where git or a package manager goes, whom it trusts or what it runs";
const ACCOUNT_FILE = "(?:passwd|g?shadow|sudoers|ld\\.so\\.preload)";

const HINTS: readonly CommandHint[] = [
  {
    label: "REMOTE SCRIPT",
    says: ADDRESS,
    commands: [
      ...["pip", "pipx", "uv", "uvx", ...NPM, "npx", "bunx", "gem", "bundle", "cargo", "deno"],
      ...["poetry", "conda", "mamba", "dpkg", "rpm", "apk", "apt", "apt-get", "dnf", "microdnf"],
      ...["yum", "zypper", "go", "composer", "luarocks", "cpan", "cpanm"],
    ],
    word: /(?:^|[=@]|^-\w)(?:git\+|git:|git@|github:|gitlab:|bitbucket:|gist:|https?:|ftp:|ssh:)/i,
  },
  {
    label: "REMOTE SCRIPT",
    says: ADDRESS,
    commands: NPM,
    verbs: NPM_VERBS,
    word: /^[a-z\d][\w.-]*\/[\w.-]+(?:#|$)/i,
    except: /^(?:--(?:prefix|cwd|dir|workspace|cache|userconfig)|-[Cw]|\d?>>?|<) /,
  },
  {
    label: "REMOTE SCRIPT",
    says: ADDRESS,
    commands: ["npx", "bunx"],
    word: /^[a-z\d][\w.-]*\/[\w.-]+(?:#|$)/i,
  },
  {
    label: "REMOTE SCRIPT",
    says: ADDRESS,
    commands: ["go"],
    verbs: ["install", "get", "run"],
    word: /^[a-z\d-]+(?:\.[a-z\d-]+)+\//i,
  },
  {
    label: "REMOTE SCRIPT",
    says: ADDRESS,
    commands: ["cargo"],
    verbs: ["install", "add"],
    word: /^--git(?:=|$)/,
  },
  {
    label: "REMOTE SCRIPT",
    says: "takes what it fetches unchecked",
    commands: ["curl"],
    word: /^-[a-zA-Z]{0,12}k[a-zA-Z]{0,12}$/,
  },
  {
    label: "ROOT",
    says: POWERS,
    commands: ["chmod", "install"],
    word: new RegExp(`^(?:-m|--mode=)?${MODE}`),
  },
  { label: "ROOT", says: POWERS, word: new RegExp(`^--chmod=${MODE}`) },
  {
    label: "ROOT",
    says: POWERS,
    commands: ["useradd", "adduser", "usermod", "addgroup", "groupadd", "groupmod", "gpasswd"],
    word:
      /^-[aDlmMNorU]*(?:o|[ugG]0+$)|^--non-unique$|^--(?:uid|gid|groups)=0+$|(?:^|[,=]|^-[a-zA-Z]{1,8})(?:sudo|wheel|docker|root)(?:,|$)/,
    pair: /^(?:-[aDlmMNorU]*[ugG]|--(?:uid|gid|groups)) \+?0+$/,
  },
  {
    label: "ROOT",
    says: "names a file that says who may do what",
    word: new RegExp(
      `etc/(?:.{0,40}/)?${ACCOUNT_FILE}\\b|(?:^|[>=])/+etc/+[^/]*[?*$]|^\\d?>>?(?:\\./)?${ACCOUNT_FILE}$`,
    ),
    pair: new RegExp(`^(?:\\d?>>?|tee|-a) (?:\\./)?${ACCOUNT_FILE}$`),
  },
  { label: "ROOT", says: POWERS, word: /^--security=insecure/i },
  {
    label: "HOST NETWORK",
    says: "may run in the network of the machine that builds, past every proxy",
    word: /^--network=(?:host$|.*\$)/i,
  },
  { label: "RUN LATER", says: LATER, word: OBEYED },
  { label: "RUN LATER", says: LATER, commands: WRITERS, word: COMMANDS },
  { label: "RUN LATER", says: LATER, word: />\/(?:usr\/(?:local\/)?)?s?bin\// },
  {
    label: "RUN LATER",
    says: "sets what runs at a time, at a start or under a command's name",
    word: /^(?:crontab|update-rc\.d|rc-update|(?:update-)?alternatives|dpkg-divert)$/,
    pair: /^systemctl enable$/,
  },
  {
    label: "TRUST",
    says: GIT,
    word: new RegExp(
      "^(?:" + [
        "(?:core\\.)?(?:hookspath|sshcommand|fsmonitor|gitproxy|askpass)",
        "core\\.(?:pager|editor|attributesfile)|init\\.templatedir|include(?:if)?\\..*path",
        "https?\\.(?:.*\\.)?(?:sslcainfo|sslcapath|extraheader)|credential\\..*helper",
        "diff\\.external|gpg\\.(?:.*\\.)?program|protocol\\..*allow",
        "filter\\..*(?:clean|smudge|process)|(?:url\\..*\\.)?(?:push)?insteadof",
      ].join("|") + ")(?:=|$)",
      "i",
    ),
    pair: /^alias\.\S+ !|^helper =|^set (?:ca|cafile|global\.cert)(?:=|$)/i,
  },
  {
    label: "TRUST",
    says: TRUSTS,
    commands: ["run", "export", "env"],
    word: new RegExp(`^(?:${TRUSTED})=.`),
  },
  // At the start of a step, before its command.
  { label: "TRUST", says: TRUSTS, pair: new RegExp(`^ (?:${TRUSTED})=.`) },
  {
    label: "PROXY",
    says: "says by which proxy, or past it, the network is reached",
    word: /^https?\.(?:.*\.)?proxy(?:=|$)/i,
    pair: /^(?:set|-g) (?:https-)?proxy(?:=|$)/,
  },
  {
    label: "PACKAGE SOURCE",
    says: FROM_ELSEWHERE,
    commands: ["pip", "pipx", "uv"],
    word: /^-[if]/,
  },
  {
    label: "PACKAGE SOURCE",
    says: FROM_ELSEWHERE,
    commands: ["apk"],
    word: /^-X|^--repository/,
  },
  {
    label: "PACKAGE SOURCE",
    says: FROM_ELSEWHERE,
    commands: ["gpg"],
    word: /^--(?:dearmor|import|recv-keys?)/,
  },
  {
    label: "PACKAGE SOURCE",
    says: FROM_ELSEWHERE,
    commands: ["cargo", "gem"],
    word: /^(?:-s$|--source|--index)/,
  },
  {
    label: "BUILD SECRET",
    says: "can read a secret of the build, or its SSH agent",
    word: /^--mount=.*type=(?:secret|ssh)\b/i,
  },
  {
    label: "BUILD SECRET",
    says: "takes in what may hold secrets",
    word: new RegExp(`^--mount=.*(?:${SECRETS.source})`),
  },
  {
    label: "BUILD SECRET",
    says: "can read all that the build is given, often .git too",
    // A bind, which is also what no type means, of no source or of the whole.
    word:
      /^--mount=(?!.*type=(?!bind\b))(?!.*\bfrom=)(?:(?!.*\b(?:source|src)=)|.*\b(?:source|src)=[.\/]*(?:,|$))/i,
  },
  {
    label: "BUILD SECRET",
    says: "takes in what may hold secrets",
    commands: ["copy", "add"],
    word: SECRETS,
  },
  {
    label: "DOWNLOAD",
    says: "opens a connection to the network",
    commands: ["openssl"],
    word: /^s_client$/,
  },
];

const ALWAYS = HINTS.filter(({ commands }) => !commands);
const OF_COMMAND = new Map<string, CommandHint[]>();
for (const hint of HINTS) {
  for (const name of hint.commands ?? []) {
    OF_COMMAND.set(name, [...OF_COMMAND.get(name) ?? [], hint]);
  }
}

/** Each hint once, at the first place that it fits. */
export function commandFindings(steps: readonly Step[]): Finding[] {
  const found = new Map<CommandHint, Finding>();
  for (const { text, row } of steps) {
    if (text.trim() === "") continue;
    const active = new Map<CommandHint, boolean>(ALWAYS.map((hint) => [hint, true]));
    let last = "";
    for (const whole of text.split(/\s+/)) {
      if (whole === "") continue;
      const word = whole.slice(0, MAX_WORD_LENGTH).replaceAll(/\/(?:\.?\/)+/g, "/");
      for (const [hint, isReady] of active) {
        if (!isReady && hint.verbs?.includes(word)) active.set(hint, true);
        if (!isReady || found.has(hint) || !fits(hint, word, last)) continue;
        found.set(hint, { label: hint.label, says: hint.says, row });
      }
      for (const hint of OF_COMMAND.get(commandName(word)) ?? []) {
        if (!active.has(hint)) active.set(hint, !hint.verbs);
      }
      last = word;
    }
  }
  return [...found.values()];
}

function fits({ word, pair, except }: CommandHint, text: string, last: string): boolean {
  const both = `${last} ${text}`;
  return ((word?.test(text) ?? false) || (pair?.test(both) ?? false)) &&
    !(except?.test(both) ?? false);
}

/** `/usr/bin/pip3.11` is pip; instructions may be written in any case. */
function commandName(word: string): string {
  const name = word.slice(word.lastIndexOf("/") + 1);
  return name.length > MAX_NAME_LENGTH ? "" : name.replace(/[\d.]+$/, "").toLowerCase();
}
