/** Hosts that say little about who answers: anyone gets a name there, or reads what is sent there. */

import { parse } from "tldts";
import type { Notice } from "./kind.ts";

/** What the public list of such suffixes does not have. */
const FURTHER_SHARED = [
  ...["storage.googleapis.com", "cloudapp.azure.com", "backblazeb2.com", "firebaseio.com"],
  ...["railway.app", "render.com", "glitch.me", "github.dev", "gitpod.io", "codesandbox.io"],
  ...["on.aws", "loca.lt", "serveo.net", "localhost.run", "lhr.life", "pinggy.link"],
  "devtunnels.ms",
];

/** In the list as a place of customers, but nearly every host below it is Google's own. */
const NOT_SHARED = "googleapis.com";

/** What is sent to these can be read, without an account, by anyone who has the address or made it. */
const DROP_SITES = [
  ...["pastebin.com", "gist.github.com", "paste.rs", "dpaste.com", "dpaste.org", "hastebin.com"],
  ...["termbin.com", "ix.io", "sprunge.us", "rentry.co", "0x0.st", "paste.ee", "privatebin.net"],
  ...["transfer.sh", "file.io", "temp.sh", "bashupload.com", "oshi.at", "catbox.moe", "gofile.io"],
  ...["wetransfer.com", "webhook.site", "requestbin.com", "requestbin.net", "requestcatcher.com"],
  ...["pipedream.net", "beeceptor.com", "hookbin.com", "discord.com", "discordapp.com"],
  ...["hooks.slack.com", "api.telegram.org", "oastify.com", "burpcollaborator.net", "interact.sh"],
  ...["oast.fun", "oast.pro", "oast.live", "oast.site", "oast.online", "oast.me"],
  "canarytokens.com",
];

/** `host` in lower case. Nothing for an address: it is said to be one elsewhere. */
export function sharedHostNotices(host: string): Notice[] {
  const notices: Notice[] = [];
  const { publicSuffix, isIcann, isPrivate } = parse(host, { allowPrivateDomains: true });
  if (isIcann && publicSuffix === host) {
    notices.push(wildcardLike(`as the end of a name, ${host} is every site of a registry`));
  }
  const isListed = isPrivate && publicSuffix !== NOT_SHARED;
  const shared = suffixOf(host, FURTHER_SHARED) ?? (isListed ? publicSuffix : undefined);
  if (shared === host) {
    notices.push(wildcardLike(`anyone can have a site or files at or below ${host}`));
  } else if (shared) {
    notices.push(
      wildcardLike(`anyone can have a site below ${shared}: make sure whose ${host} is`),
    );
  }
  const drop = suffixOf(host, DROP_SITES);
  if (drop !== undefined) {
    notices.push({
      label: "DROP SITE",
      text: `what is sent to ${host} can be read by anyone who has the address`,
    });
  }
  return notices;
}

function wildcardLike(text: string): Notice {
  return { label: "WILDCARD-LIKE", text };
}

function suffixOf(host: string, suffixes: readonly string[]): string | undefined {
  return suffixes.find((suffix) =>
    host.endsWith(suffix) && (host === suffix || host.endsWith(`.${suffix}`))
  );
}
