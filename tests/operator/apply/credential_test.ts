/** What a live file says of a credential: every setting that is not known may be one. */

import assert from "node:assert/strict";
import { parse } from "yaml";
import { credentialIn } from "../../../src/operator/apply/credential.ts";

const UNKNOWN = "a setting that this version does not know, which may be a credential";

function found(yaml: string): string | undefined {
  return credentialIn(parse(yaml, { logLevel: "silent" }));
}

for (
  const setting of [
    ...["authorization: NTLM", "authorize: gh", "identity: robot", "account: bot", "with: gh"],
    ...["profile: prod", "aws: {profile: prod}", "sigv4: true", "mtls: prod", "gh: $GH"],
    ...["role_arn: 'arn:aws:iam::1:role/x'", "set: {X-Gitlab: abc}", "gh: !secret tok"],
    ...["client: {p12: /x}", "add: {X-Gitlab: abc}", "identities: {api.github.com: robot}"],
    ...["default: gh", "mode: mtls", "log: {to: gh}", "methods: [{with: gh}]", "auth: {}"],
  ]
) {
  Deno.test(`credentialIn() names the setting of ${setting}, and no value`, () => {
    const [key = ""] = setting.split(":");
    assert.equal(found(setting), `${key}: ${UNKNOWN}`);
  });
}

Deno.test("credentialIn() is silent on what holds no credential", () => {
  for (
    const setting of [
      ...["host: h.example", "path_allowlist: [/a]", "note: the authors asked", "methods: [GET]"],
      ...["auth: false", "token: null", "version: 2", "log: {level: info}", "default: deny"],
    ]
  ) {
    assert.equal(found(setting), undefined, setting);
  }
});

for (
  const name of [
    ...["hunter2secret", "ghp_abcdefgh", "s3cr3t_pa55w0rd", "S3CR3T_PA55W0RD", "GHP_ABCDEFGH"],
    ...["AKIAIOSFODNN7", "_TOKEN", "gh_token", "ABCDEFGHIJKLMNOPQ"],
  ]
) {
  Deno.test(`credentialIn() does not print ${name}, which may be the secret`, () => {
    const says = "not printed: it may be the secret itself";
    assert.equal(found(`auth: {scheme: Bearer, token_ref: ${name}}`), says);
    assert.equal(found(`auth_scheme: Bearer\ntoken_env: ${name}`), says);
  });
}

for (const name of ["GH_TOKEN", "EGRESS_TOKEN_0", "OAUTH2_TOKEN", "K8S_TOKEN"]) {
  Deno.test(`credentialIn() names the variable ${name}`, () => {
    const auth = `auth: {scheme: Bearer, token_ref: ${name}}`;
    assert.equal(found(auth), `Bearer, ${name}`);
    assert.equal(found(`${auth}\naws: {}`), `Bearer, ${name}; aws: ${UNKNOWN}`);
  });
}
