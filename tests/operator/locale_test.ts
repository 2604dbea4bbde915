/** Where the locale is not UTF-8, every byte above 0x7f is a control code or another letter. */

import assert from "node:assert/strict";
import { announcing, givenColumns, readsUtf8, takesEscapes } from "../../src/operator/settings.ts";
import { plain } from "../../src/operator/text/row.ts";
import { paint } from "../../src/operator/triage/paint.ts";
import { view } from "../../src/operator/triage/view.ts";
import { writeFor } from "../../src/operator/visible.ts";
import { ctl, json, propose } from "./fixture.ts";
import { stand } from "./live/stand.ts";
import { shell, terminalTest } from "./terminal_shell.ts";
import { Model, NOW_ISO, table } from "./triage/model.ts";

// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;

const LOCALES: readonly (readonly [env: Record<string, string>, isUtf8: boolean])[] = [
  [{}, false],
  [{ LC_ALL: "C" }, false],
  [{ LC_ALL: "POSIX", LANG: "en_US.UTF-8" }, false],
  [{ LC_CTYPE: "en_US.ISO-8859-1", LANG: "C.UTF-8" }, false],
  [{ LC_ALL: "C.UTF-8", LC_CTYPE: "C", LANG: "C" }, true],
  [{ LC_ALL: "", LC_CTYPE: "UTF-8" }, true],
  [{ LANG: "de_AT.utf8" }, true],
];

for (const [env, isUtf8] of LOCALES) {
  Deno.test(`readsUtf8() is ${isUtf8} for ${JSON.stringify(env)}`, () => {
    assert.equal(readsUtf8((name) => env[name]), isUtf8);
  });
}

const ANNOUNCING:
  readonly (readonly [env: Record<string, string>, bell: boolean, title: boolean])[] = [
    [{ TERM: "xterm-256color" }, true, true],
    [{ TERM: "screen" }, true, true],
    // Its text would be printed.
    [{ TERM: "vt100" }, true, false],
    [{ TERM: "xterm", SUPERVISE_BELL: "0" }, false, false],
  ];

for (const [env, bell, title] of ANNOUNCING) {
  Deno.test(`announcing() of ${JSON.stringify(env)}`, () => {
    assert.deepEqual(announcing((name) => env[name]), { bell, title });
  });
}

Deno.test("takesEscapes() is false for a terminal that is dumb or not named", () => {
  const takes = (TERM?: string) => takesEscapes((name) => name === "TERM" ? TERM : undefined);
  assert.deepEqual([takes(), takes(""), takes("dumb"), takes("xterm")], [
    false,
    false,
    false,
    true,
  ]);
});

Deno.test("givenColumns() takes a whole number above 0", () => {
  const given = (text: string) => givenColumns(() => text);
  assert.deepEqual(["100", "0", "-1", "8.5", "x", ""].map(given), [
    100,
    ...Array.from({ length: 5 }, () => undefined),
  ]);
});

const HOSTILE = `\u009b31mgrüße 日本 … ${"é".repeat(100)}`;
const ESCAPED = /gr<U\+00FC><U\+00DF>e <U\+65E5><U\+672C> <U\+2026>/;

for (const columns of [undefined, 80]) {
  const where = columns === undefined ? "a pipe" : "a terminal";

  Deno.test(`LC_ALL=C: no command prints more than ASCII to ${where}`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root, {
      justification: HOSTILE,
      file: json({ host: "a.example", path_allowlist: [`/${"é".repeat(100)}`] }),
    });
    const env = { LC_ALL: "C", SUPERVISE_CONFIG: place.configFile };
    const options = { env, ...columns && { columns } };
    for (
      const args of [["list"], ["show", id], ["show", id, "--json"], ["audit"], ["list", "--json"]]
    ) {
      const { stdout, stderr } = await ctl(place.root, args, options);
      assert.doesNotMatch(stdout + stderr, NOT_ASCII, args.join(" "));
    }
    const shown = await ctl(place.root, ["show", id], options);
    assert.match(shown.stdout.replaceAll(/\n {2}\|[~ ]/g, ""), ESCAPED);
    if (columns) {
      const rows = shown.stdout.split("\n").filter((row) => !row.includes("supervisectl"));
      for (const row of rows) assert.ok(row.length <= 80, row);
    }
    const { justification } = JSON.parse(
      (await ctl(place.root, ["show", id, "--json"], options)).stdout,
    );
    assert.equal(justification, HOSTILE);
    const utf8 = await ctl(place.root, ["show", id], {
      ...options,
      env: { ...env, LC_ALL: "C.UTF-8" },
    });
    assert.match(utf8.stdout, /grüße 日本 …/);
  });
}

Deno.test("LC_ALL=C: the triage screen sends nothing but ASCII, within its columns", () => {
  writeFor("ascii");
  try {
    const recent = { key: "dev/9f", slug: "dev", id: "9f8e7d6c", at: NOW_ISO, what: HOSTILE };
    const models = [
      new Model().press("\r"),
      new Model().press("\r").detailed({ rows: [plain(HOSTILE), plain("  |…more")] }),
      new Model().press("r").detailed().press("grüße…"),
      new Model().press("a").detailed({ notices: [HOSTILE] }).press("a…\r"),
      new Model().press("a").detailed().press("a\r\r"),
      new Model().press("u"),
      new Model().press("u").tell({ name: "recalled", recents: [recent] }),
    ];
    for (const { state } of models) {
      const frame = view(state, new Date(NOW_ISO), table);
      assert.doesNotMatch(paint(undefined, frame), NOT_ASCII);
      for (const row of frame.rows) {
        assert.ok(row.map(({ text }) => text).join("").length <= 80, JSON.stringify(row));
      }
    }
  } finally {
    writeFor("utf-8");
  }
});

terminalTest("TERM=dumb, and none: no screen, no bold, and what to do instead", async () => {
  await using place = await stand();
  await propose(place.root);
  for (const [words, told] of [["TERM=dumb", 'TERM is "dumb"'], ["-u TERM", "TERM is not set"]]) {
    await using tmux = await shell(place);
    // A terminal that takes no escape is one on which none is seen: what is printed is kept.
    await tmux.type(
      `env ${words} NO_COLOR= script -qec "${place.path}/ctl" log >/dev/null; cat -v log`,
    );
    await tmux.press("Enter");
    const screen = await tmux.until(/exit 2/);
    assert.ok(screen.replaceAll(/\n */g, " ").includes(told ?? ""), screen);
    assert.match(screen, /Try: supervisectl list/);
    assert.doesNotMatch(screen, /\^\[/);
  }
});

terminalTest("a terminal of size 0x0 is one of 80x24", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { justification: "word ".repeat(40) });
  await using tmux = await shell(place);
  await tmux.type(`stty rows 0 cols 0; clear; ctl show ${id}`);
  await tmux.press("Enter");
  const screen = await tmux.until(/exit 0/);
  assert.match(screen, /^ {2}\|.word( word){10,15}\n {2}\|.word/m);
  await tmux.type("clear; ctl");
  await tmux.press("Enter");
  await tmux.until(/^supervisectl: 1 to decide[^]*q quit/m);
  await tmux.press("q");
});
