/** Sends back what it gets: run as a process, it shows what the bench alone costs at least. */

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
await Deno.stdout.write(new TextEncoder().encode(`${listener.addr.port}\n`));
for await (const connection of listener) {
  connection.setNoDelay(true);
  connection.readable.pipeTo(connection.writable).catch(() => {});
}
