/** Hosts that say little about who answers: anyone gets a name there, or reads what is sent there. */

import type { Notice } from "./kind.ts";

/**
 * Below these anyone can have a site in a minute, so that one name says nothing of the next. Only
 * what agents and attackers use much: the whole list of such names is long and never complete.
 */
const SHARED = [
  // Pages and previews of code hosts.
  ...[
    "github.io",
    "githubusercontent.com",
    "gitlab.io",
    "bitbucket.io",
    "pages.dev",
    "readthedocs.io",
  ],
  ...["workers.dev", "r2.dev", "vercel.app", "netlify.app", "surge.sh", "glitch.me", "repl.co"],
  ...[
    "replit.app",
    "replit.dev",
    "github.dev",
    "gitpod.io",
    "codesandbox.io",
    "deno.dev",
    "hf.space",
  ],
  // Applications and functions of clouds.
  ...["herokuapp.com", "azurewebsites.net", "azurestaticapps.net", "cloudapp.azure.com", "fly.dev"],
  ...[
    "appspot.com",
    "run.app",
    "cloudfunctions.net",
    "web.app",
    "firebaseapp.com",
    "firebaseio.com",
  ],
  ...["onrender.com", "railway.app", "render.com", "cloudfront.net", "azureedge.net", "on.aws"],
  // Storage of clouds.
  ...[
    "storage.googleapis.com",
    "blob.core.windows.net",
    "digitaloceanspaces.com",
    "backblazeb2.com",
  ],
  // Tunnels to somebody's own machine, and names that anyone can point anywhere.
  ...[
    "ngrok.io",
    "ngrok.app",
    "ngrok.dev",
    "ngrok-free.app",
    "ngrok-free.dev",
    "trycloudflare.com",
  ],
  ...[
    "loca.lt",
    "serveo.net",
    "localhost.run",
    "lhr.life",
    "pinggy.link",
    "devtunnels.ms",
    "ts.net",
  ],
  ...["duckdns.org", "no-ip.org", "ddns.net"],
];

/** Amazon's names with a customer's bucket, function or machine in them. */
const AMAZON =
  /(^|[.-])(s3|s3-website|execute-api|elb|compute|compute-1|elasticbeanstalk)[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?$|\.elasticbeanstalk\.com$/;

/** What is sent to these can be read, without an account, by whoever has the address or made it. */
const DROP_SITES = [
  ...["pastebin.com", "gist.github.com", "paste.rs", "dpaste.com", "dpaste.org", "hastebin.com"],
  ...["termbin.com", "ix.io", "sprunge.us", "rentry.co", "0x0.st", "paste.ee", "privatebin.net"],
  ...["transfer.sh", "file.io", "temp.sh", "bashupload.com", "oshi.at", "catbox.moe", "gofile.io"],
  ...["wetransfer.com", "webhook.site", "requestbin.com", "requestbin.net", "requestcatcher.com"],
  ...["pipedream.net", "beeceptor.com", "hookbin.com", "discord.com", "discordapp.com"],
  ...["hooks.slack.com", "api.telegram.org", "oastify.com", "burpcollaborator.net", "interact.sh"],
  ...[
    "oast.fun",
    "oast.pro",
    "oast.live",
    "oast.site",
    "oast.online",
    "oast.me",
    "canarytokens.com",
  ],
];

/** `co.uk` and the like: in most countries the second level has these names. */
const REGISTRY = /^(co|com|net|org|gov|edu|ac|or|ne|gob|gouv)\.[a-z]{2}$/;

/** `host` in lower case. Nothing for an address: it is said to be one elsewhere. */
export function sharedHostNotices(host: string): Notice[] {
  const notices: Notice[] = [];
  if (/^[a-z]+$/.test(host) && host !== "localhost" || REGISTRY.test(host)) {
    notices.push(wildcardLike(`as the end of a name, ${host} is every site of a registry`));
  }
  const shared = suffixOf(host, SHARED) ?? AMAZON.exec(host)?.[0].replace(/^[.-]/, "");
  if (shared === host) {
    notices.push(wildcardLike(`anyone can have a site or files at or below ${host}`));
  } else if (shared !== undefined) {
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
  return suffixes.find((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}
