// Answers over TLS; a download of files.example goes on until its client has enough.
const { readFileSync } = require("node:fs");
const { createServer } = require("node:https");

const tls = { key: readFileSync("/site/key.pem"), cert: readFileSync("/site/cert.pem") };
createServer(tls, ({ headers: { host }, url }, response) => {
  if (url !== "/download") return response.end(`${host}${url}`);
  const timer = setInterval(() => response.write("more\n"), 100);
  response.on("close", () => clearInterval(timer));
}).listen(443);
