/** The command line: what is taken, what is refused as wrong, and that every help text is true. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { COMMANDS } from "../../../src/operator/cli/mod.ts";
import {
  COMMON_OPTIONS,
  OPTION_NAMES,
  OPTIONS,
  parseLine,
} from "../../../src/operator/cli/options.ts";
import { nearest } from "../../../src/operator/nearest.ts";
import { editorCommand, operatorName, queueRoot } from "../../../src/operator/settings.ts";
import { temporary } from "../../support/temporary.ts";
import { supervisectl } from "../../support/programs.ts";
import { ctl, propose } from "../fixture.ts";

interface WrongUsage {
  readonly name: string;
  readonly args: readonly string[];
  readonly message: RegExp;
  readonly next?: string;
}

const NAMES = COMMANDS.map(({ name }) => name).join(", ");

const WRONG_USAGE: readonly WrongUsage[] = [
  {
    name: "no command",
    args: [],
    message: new RegExp(`^no command; use one of ${NAMES}$`),
    next: "supervisectl help",
  },
  {
    name: "mistyped command",
    args: ["aprove", "1a"],
    message: /^unknown command "aprove", did you mean approve\?$/,
    next: "supervisectl help approve",
  },
  {
    name: "command like no other",
    args: ["frobnicate"],
    message: new RegExp(`^unknown command "frobnicate"; use one of ${NAMES}$`),
    next: "supervisectl help",
  },
  {
    name: "mistyped option",
    args: ["list", "--slgu", "dev"],
    message: /^unknown option --slgu, did you mean --slug\?$/,
    next: "supervisectl help",
  },
  { name: "unknown short option", args: ["list", "-x"], message: /^unknown option -x/ },
  {
    name: "option of another command",
    args: ["list", "--notes", "x"],
    message: /^list takes no --notes$/,
    next: "supervisectl help list",
  },
  {
    name: "option without its value",
    args: ["list", "--slug"],
    message: /--slug needs a value: --slug SLUG/,
  },
  {
    name: "option with an empty value",
    args: ["list", "--slug="],
    message: /--slug needs a value/,
  },
  {
    name: "option in the place of a value",
    args: ["reject", "1a", "--notes", "--all"],
    message: /^--notes is followed by "--all".*or --notes=--all$/,
  },
  {
    name: "value for an option that takes none",
    args: ["list", "--all=yes"],
    message: /^--all takes no value, found "yes"$/,
  },
  {
    name: "option given twice",
    args: ["list", "--slug", "a", "--slug", "b"],
    message: /^--slug must be given once, got two/,
  },
  {
    name: "slug that is no name",
    args: ["list", "--slug", "../etc"],
    message: /^--slug must be a bottle.s name \(.*\), got "\.\.\/etc"$/,
  },
  {
    name: "no ID",
    args: ["show"],
    message: /^show needs ID: show ID \[--full\]$/,
    next: "supervisectl help show",
  },
  {
    name: "empty ID",
    args: ["approve", ""],
    message: /^the ID is empty/,
    next: "supervisectl list",
  },
  {
    name: "notes without quotes",
    args: ["reject", "1a", "--notes", "not", "this", "one"],
    message: /^reject takes one ID, found also "this one"; put text of several words in quotes$/,
  },
  {
    name: "argument where none is taken",
    args: ["list", "dev"],
    message: /^list takes no argument/,
  },
  {
    name: "rejection without notes",
    args: ["reject", "1a"],
    message: /^no --notes; tell the agent why with --notes TEXT/,
    next: "supervisectl reject 1a --notes 'why not'",
  },
  { name: "blank notes", args: ["reject", "1a", "--notes", " "], message: /^--notes is blank/ },
  {
    name: "notes with NUL",
    args: ["approve", "1a", "--notes", "a\0b"],
    message: /^--notes must be well-formed Unicode without NUL, but line 1 has NUL$/,
  },
  {
    name: "notes of half a character",
    args: ["approve", "1a", "--notes", "\ud800"],
    message: /^--notes must be .*, but line 1 has a lone surrogate \(\\ud800\)$/,
  },
  {
    name: "notes over 8 KiB",
    args: ["approve", "1a", "--notes", "é".repeat(4_097)],
    message: /^--notes must have at most 8192 bytes, got 8194$/,
  },
  {
    name: "modify without an editor",
    args: ["modify", "1a"],
    message: /^neither VISUAL nor EDITOR is set/,
    next: "supervisectl modify 1a --file FILE",
  },
  { name: "help for no command", args: ["help", "lost"], message: /^unknown command "lost"/ },
];

for (const { name, args, message, next } of WRONG_USAGE) {
  Deno.test(`supervisectl refuses with exit 2: ${name}`, async () => {
    await using root = await temporary();
    await propose(root.path, { id: "1a2b3c4d-0000-4000-8000-000000000000" });
    const text = await ctl(root.path, args);
    assert.equal(text.code, 2);
    assert.equal(text.stdout, "");
    const [first = "", second] = text.stderr.split("\n");
    assert.match(first.replace(/^supervisectl: /, ""), message);
    if (next !== undefined) assert.equal(second, `Try: ${next}`);

    const json = await ctl(root.path, ["--json", ...args]);
    assert.equal(json.code, 2);
    const { error } = JSON.parse(json.stderr);
    assert.equal(error.code, "usage");
    assert.match(error.message, message);
    assert.equal(error.try, next ?? error.try);
  });
}

Deno.test("supervisectl takes options before and after the command, with = and without", () => {
  for (
    const args of [
      ["--slug", "dev", "--json", "reject", "1a", "--notes=-1"],
      ["reject", "--slug=dev", "1a", "--notes", "-1", "--json"],
    ]
  ) {
    const line = parseLine(args);
    assert.deepEqual(line.words, ["reject", "1a"]);
    assert.deepEqual(new Map(line.texts), new Map([["slug", "dev"], ["notes", "-1"]]));
    assert.deepEqual([...line.flags], ["json"]);
  }
});

Deno.test("supervisectl --version prints the version of deno.json", async () => {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  assert.equal((await ctl("/", ["--version"])).stdout, `supervisectl ${version}\n`);
  assert.deepEqual(JSON.parse((await ctl("/", ["--version", "--json"])).stdout), { version });
});

Deno.test("help, --help and -h print the same overview, and need no queue", async () => {
  const help = await supervisectl("/nowhere", ["help"]);
  assert.equal(help.code, 0);
  assert.equal(help.stderr, "");
  for (const args of [["--help"], ["-h"]]) {
    assert.equal((await ctl("/nowhere", args)).stdout, help.stdout);
  }
  for (const { name, summary } of COMMANDS) {
    assert.ok(help.stdout.includes(`  ${name} `) && help.stdout.includes(summary), name);
  }
  assert.deepEqual(JSON.parse((await ctl("/nowhere", ["help", "--json"])).stdout), {
    help: help.stdout,
  });
});

for (const command of COMMANDS) {
  Deno.test(`help ${command.name} names its usage, its options and examples that parse`, async () => {
    const { stdout, code } = await ctl("/nowhere", ["help", command.name]);
    assert.equal(code, 0);
    assert.equal(stdout, (await ctl("/nowhere", [command.name, "--help"])).stdout);
    assert.ok(stdout.startsWith(`Usage: supervisectl ${command.name}`));
    for (const option of [...command.options, ...COMMON_OPTIONS]) {
      assert.ok(stdout.includes(`  --${option}`), option);
      assert.ok(stdout.includes(OPTIONS[option].help.split(" ")[0] ?? ""), option);
    }
    assert.ok(command.examples.length > 0);
    for (const example of command.examples) {
      assert.ok(stdout.includes(`  ${example}\n`), example);
      const words = example.replace(/ \|.*/, "").replace(/^\S+='[^']*' /, "")
        .match(/'[^']*'|\S+/g) ?? [];
      const line = parseLine(words.slice(1).map((word) => word.replaceAll("'", "")));
      assert.equal(words[0], "supervisectl");
      assert.equal(line.words[0], command.name);
      for (const option of [...line.texts.keys(), ...line.flags]) {
        assert.ok([...command.options, ...COMMON_OPTIONS].includes(option), option);
      }
    }
  });
}

Deno.test("help texts fit 80 columns and mention every option somewhere", async () => {
  let all = "";
  for (const args of [["help"], ...COMMANDS.map(({ name }) => ["help", name])]) {
    all += (await ctl("/nowhere", args)).stdout;
  }
  for (const line of all.split("\n")) assert.ok(line.length <= 80, line);
  for (const option of OPTION_NAMES) assert.ok(all.includes(`--${option}`), option);
});

Deno.test("help lists in the usage line what a command takes", () => {
  for (const { name, usage, options } of COMMANDS) {
    for (const option of options) assert.ok(usage.includes(`--${option}`), `${name} --${option}`);
  }
});

Deno.test("nearest() finds slips and stays silent when nothing is near", () => {
  const known = ["list", "show", "approve", "modify", "reject", "watch", "help"];
  const slips = { lsit: "list", aprove: "approve", rejct: "reject", app: "approve", shwo: "show" };
  for (const [word, meant] of Object.entries(slips)) assert.equal(nearest(word, known), meant);
  for (const word of ["", "x", "delete", "a".repeat(200)]) {
    assert.equal(nearest(word, known), undefined, word);
  }
});

const environment = (env: Record<string, string>) => (name: string) => env[name];

const ROOTS: readonly (readonly [string, string | undefined, Record<string, string>, string])[] = [
  ["the default", undefined, { HOME: "/home/a" }, "/home/a/.bot-bottle/queue"],
  ["the environment", undefined, { HOME: "/h", SUPERVISE_QUEUE_ROOT: "/q" }, "/q"],
  [
    "a blank environment as none",
    undefined,
    { HOME: "/h", SUPERVISE_QUEUE_ROOT: " " },
    "/h/.bot-bottle/queue",
  ],
  ["the option first", "/o", { HOME: "/h", SUPERVISE_QUEUE_ROOT: "/q" }, "/o"],
  ["a tilde that the shell left", "~/q", { HOME: "/h" }, "/h/q"],
  ["a relative path", "q", { HOME: "/h" }, join(Deno.cwd(), "q")],
];

for (const [name, option, env, root] of ROOTS) {
  Deno.test(`queueRoot() takes ${name}`, () => {
    assert.equal(queueRoot(option, environment(env)), root);
  });
}

Deno.test("queueRoot() without HOME and option is a usage failure", () => {
  assert.throws(() => queueRoot(undefined, environment({})), { code: "usage" });
});

const OPERATORS: readonly (readonly [Record<string, string>, string])[] = [
  [{ SUPERVISE_OPERATOR: "Alice B", USER: "x" }, "Alice B"],
  [{ SUDO_USER: "alice", USER: "root", LOGNAME: "root" }, "alice@desk"],
  [{ USER: "alice", LOGNAME: "x" }, "alice@desk"],
  [{ USER: " ", LOGNAME: "alice" }, "alice@desk"],
  [{}, "operator@desk"],
];

for (const [env, name] of OPERATORS) {
  Deno.test(`operatorName() is ${name} for ${JSON.stringify(env)}`, () => {
    assert.equal(operatorName(environment(env), () => "desk"), name);
  });
}

Deno.test("editorCommand() prefers VISUAL, and takes neither when it is blank", () => {
  const of = (env: Record<string, string>) => editorCommand(environment(env));
  assert.deepEqual(of({ VISUAL: " code  --wait ", EDITOR: "vi" }), "code  --wait");
  assert.deepEqual(of({ VISUAL: " ", EDITOR: "vi $(x)" }), "vi $(x)");
  assert.equal(of({}), undefined);
});
