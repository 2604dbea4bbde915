/** The egress proxy follows its file, and ends what the file no longer allows. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EGRESS_DIRECTORY, hasMitmproxy } from "../../support/mitmproxy.ts";
import { Download, get, KeptConnection } from "../../support/proxied.ts";
import { eventually, within } from "../../support/within.ts";
import { ROUTES, scene } from "./egress_fixture.ts";
import { WRONG_FILES } from "./wrong_files.ts";

const ignore = !hasMitmproxy();

Deno.test({
  name: "egress proxy reads its file again when it has changed",
  ignore,
  async fn() {
    await using stage = await scene();
    const { egress, site, routesFile } = stage;
    using download = await Download.start(egress, "http://every.example/download");
    using kept = await KeptConnection.open(egress);
    site.feed("before;");
    await download.until("before;");
    assert.equal((await kept.get("http://late.example/")).status, 403);

    await Deno.writeTextFile(routesFile, ROUTES + "  - host: late.example\n");
    await eventually(60, "the route", async () => (await stage.hosts()).includes("late.example"));
    assert.equal((await kept.get("http://late.example/")).status, 200);
    site.feed("after;");
    await download.until("after;");
    assert.deepEqual((await stage.status()).connections_cut, 0);
  },
});

Deno.test({
  name: "egress proxy cuts what is no longer allowed, says how many, and leaves the rest alone",
  ignore,
  async fn() {
    await using stage = await scene();
    const { egress, site } = stage;
    using ends = await Download.start(egress, "http://none.example/download");
    using alsoEnds = await Download.start(egress, "http://api.example/repos/acme/download");
    using goesOn = await Download.start(egress, "http://every.example/download");
    using idle = await KeptConnection.open(egress);
    assert.equal((await idle.get("http://none.example/")).status, 200);

    await stage.enforce(
      "routes:\n  - host: every.example\n  - host: api.example\n    path_allowlist: [/user]\n",
    );
    await ends.ended();
    await alsoEnds.ended();
    site.feed("after;");
    await goesOn.until("after;");
    assert.equal((await idle.get("http://none.example/")).status, 403);
    assert.equal((await idle.get("http://every.example/")).status, 200);
    assert.equal((await stage.status()).connections_cut, 2);
    assert.match(egress.log, /egress: enforces 2 routes, connections cut: 2/);
  },
});

Deno.test({
  name: "egress_in_force.py succeeds only while the proxy has the table of the file",
  ignore,
  async fn() {
    await using stage = await scene({ env: { EGRESS_WATCH_SECONDS: "0" } });
    const { egress, routesFile } = stage;
    const { PATH = "" } = Deno.env.toObject();
    const inForce = async () => {
      const { success, stderr } = await new Deno.Command("/usr/bin/python3", {
        args: [join(EGRESS_DIRECTORY, "egress_in_force.py")],
        env: {
          PATH,
          PYTHONDONTWRITEBYTECODE: "1",
          EGRESS_ROUTES: routesFile,
          EGRESS_PROXY: egress.url,
          NO_PROXY: ".local",
        },
        clearEnv: true,
      }).output();
      return success ? "yes" : new TextDecoder().decode(stderr);
    };
    assert.equal(await inForce(), "yes");
    await Deno.writeTextFile(routesFile, ROUTES.replace("Bearer", "token"));
    assert.match(await inForce(), /the proxy has another table/);
    await Deno.writeTextFile(routesFile, "routes: [\n");
    assert.match(await inForce(), /is not YAML/);
    await Deno.writeTextFile(routesFile, ROUTES.replace("Api.Example", "api.example."));
    assert.equal(await inForce(), "yes");
  },
});

Deno.test({
  name: "egress proxy cuts a request that goes on after its answer",
  ignore,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const upstream = `127.0.0.1:${listener.addr.port}`;
    await using stage = await scene({ upstream });
    using upload = await Deno.connect({ hostname: "127.0.0.1", port: stage.egress.port });
    const encoder = new TextEncoder();
    await upload.write(encoder.encode(
      "POST http://every.example/ HTTP/1.1\r\nHost: every.example\r\nContent-Length: 1000\r\n\r\nx",
    ));
    using site = await listener.accept();
    await site.write(encoder.encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    const chunk = new Uint8Array(1_024);
    assert.ok(await upload.read(chunk));

    await stage.enforce("routes: []\n");
    const end = upload.read(chunk).catch(() => null);
    assert.equal(await within(60, "end of the upload", end), null);
    assert.equal((await stage.status()).connections_cut, 1);
  },
});

Deno.test({
  name: "egress proxy keeps its table when the file is wrong, and says so",
  ignore,
  async fn(t) {
    await using stage = await scene();
    const { egress, routesFile } = stage;
    const table = await stage.hosts();
    for (const { name, text, says } of WRONG_FILES) {
      await t.step(name, async () => {
        await Deno.writeTextFile(routesFile, text);
        egress.process.kill("SIGHUP");
        const isSaid = async () => says.test((await stage.status()).error ?? "");
        await eventually(60, `word of ${says}`, isSaid);
        assert.deepEqual(await stage.hosts(), table);
        assert.equal((await get(egress, "http://every.example/")).status, 200);
      });
    }
    await t.step("a file that is gone", async () => {
      await Deno.remove(routesFile);
      const isSaid = async () => /No such file/.test((await stage.status()).error ?? "");
      await eventually(60, "word of it", isSaid);
      assert.deepEqual(await stage.hosts(), table);
    });
    await t.step("and a file that is right again is read", async () => {
      await stage.enforce("routes: []\n");
      assert.equal((await stage.status()).error, null);
      assert.deepEqual(await stage.hosts(), []);
    });
  },
});
