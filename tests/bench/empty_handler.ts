/** The least a Deno program does to answer a POST: run as a process, what a sidecar is compared with. */

const [port, text] = Deno.args;
Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, async (request) => {
  await request.bytes();
  return new Response(text, { headers: { "content-type": "application/json" } });
});
