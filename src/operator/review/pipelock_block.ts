/** `pipelock-block`: one host on pipelock's allowlist, given as the URL that was refused. */

import { parseHostName } from "../../queue/host_name.ts";
import { hostNotices } from "./host.ts";
import { type Kind, malformed, ODD_FORM } from "./kind.ts";

export const pipelockBlock: Kind = {
  fileName: "failed.url.txt",
  byHand: "add the host to pipelock's allowlist yourself",
  review(file) {
    const text = file.trim();
    if (text === "") return malformed("it must be one http or https URL, got nothing");
    if (!/^[!-~]+$/.test(text)) {
      return malformed("it must be one http or https URL in printable ASCII, without spaces");
    }
    if (!/^https?:\/\/[^/\\:]/i.test(text)) {
      return malformed("it must start with http:// or https:// and a host");
    }
    const url = URL.parse(text);
    if (!url) {
      return malformed("it must be a URL with a valid host, e.g. https://api.github.com/path");
    }
    if (url.username || url.password) {
      return malformed("it must not contain credentials: leave out what stands before '@'");
    }
    const host = url.hostname;
    if (!host.startsWith("[") && !parseHostName(host)) {
      return malformed("it must name a bare host such as api.github.com");
    }
    const scheme = url.protocol === "http:" ? "http" : "https";
    const grows = `${host}: every path, through pipelock`;
    return {
      kind: "understood",
      subject: host,
      facts: [scheme],
      inWords: `${grows} (${scheme})`,
      grows: [grows],
      asks: `let the bottle reach ${host}, every path of it, through pipelock`,
      details: [["host", host], ["URL", url.href]],
      notices: [
        ...scheme === "http"
          ? [{ label: "NOT ENCRYPTED", text: "the URL is http, not https: others can read it" }]
          : [],
        ...url.port === "" ? [] : [{
          label: "EVERY PORT",
          text:
            `port ${url.port} narrows nothing: pipelock allows hosts, so every port of ${host} ` +
            "would be open",
        }],
        ...hostNotices(host),
        ...file === url.href ? [] : [ODD_FORM],
      ],
      canonical: url.href,
      isCanonical: file === url.href,
    };
  },
};
