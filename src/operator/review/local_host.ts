/** Hosts that are not of the internet, whatever they look like: what each of them is, in words. */

import { carriedBy, isIn, parseAddress } from "./address.ts";

const METADATA = "a cloud's metadata service, which hands out credentials";
const ITSELF = "the proxy's own machine or container";
const NEIGHBOUR = "an address of a private network";
const CLUSTER = "a service of the cluster that the proxy runs in";
const PRIVATE_NAME = "a name of a private network, which may be any machine there";

type Table = readonly (readonly [what: string, ...entries: string[]])[];

/** The first range that fits counts. */
const RANGES: Table = [
  [
    METADATA,
    ...["169.254.169.254/32", "169.254.170.2/32", "169.254.170.23/32", "169.254.0.23/32"],
    ...["168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"],
    ...["fd00:ec2::/32", "fd20:ce::254/128", "fd00:c1::a9fe:a9fe/128"],
  ],
  [ITSELF, "0.0.0.0/8", "127.0.0.0/8", "::/127"],
  ["a link-local address: a neighbour, or a metadata service", "169.254.0.0/16", "fe80::/10"],
  [
    NEIGHBOUR,
    ...["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16"],
    ...["198.18.0.0/15", "fc00::/7", "fec0::/10", "64:ff9b:1::/48"],
  ],
  ["no single machine: a multicast or reserved address", "224.0.0.0/3", "ff00::/8"],
];

/** Names, and what is below them; the first that fits counts. */
const NAMES: Table = [
  [
    METADATA,
    ...["metadata.google.internal", "metadata.goog", "metadata", "instance-data"],
    ...["instance-data.ec2.internal", "metadata.azure.internal", "metadata.tencentyun.com"],
    ...["metadata.platformequinix.com", "metadata.packet.net", "rancher-metadata"],
  ],
  [
    ITSELF,
    ...["localhost", "localhost.localdomain", "localhost6.localdomain6", "ip6-localhost"],
    ...["ip6-loopback", "lvh.me", "localtest.me", "vcap.me", "lacolhost.com", "fuf.me", "lcl.host"],
    ...["local.gd", "localho.st", "localhost.direct", "smackaho.st", "localdev.me"],
    "spoofed.burpcollaborator.net",
  ],
  [
    "whatever address is written in it, also this machine's or a metadata service's",
    ...["nip.io", "sslip.io", "xip.io", "traefik.me", "backname.io", "plex.direct"],
    ...["rbndr.us", "1u.ms"],
  ],
  [CLUSTER, "svc", "cluster.local", "kubernetes.default", "kube-system", "consul", "docker"],
  [
    PRIVATE_NAME,
    ...["corp", "intranet", "intra", "internal", "home", "home.arpa", "lan", "local"],
    ...["localdomain", "localnet", "priv", "private", "service", "test", "vpn"],
    ...["workgroup", "fritz.box"],
  ],
];

/** An address within a name, with dots or dashes; each place where one may begin is tried. */
const QUAD = /(?<=^|[.-])(?=(\d{1,3}(?:[.-]\d{1,3}){3})(?:[.-]|$))/g;

/** What `host` is; undefined when it may be of the internet. `host` as a URL parser gives it. */
export function whatLocal(host: string): string | undefined {
  const address = parseAddress(host);
  if (!address) return named(host);
  const what = RANGES.find(([, ...ranges]) => ranges.some((range) => isIn(address, range)))?.[0];
  if (what !== undefined) return what;
  const carried = carriedBy(address);
  const inner = carried && whatLocal(carried.host);
  return inner && `${carried.host} in ${carried.form} form: ${inner}`;
}

function named(host: string): string | undefined {
  const found = NAMES.find(([, ...names]) =>
    names.some((name) => host.endsWith(name) && (host === name || host.endsWith(`.${name}`)))
  );
  if (found) return found[0];
  for (const [, quad = ""] of host.matchAll(QUAD)) {
    const written = quad.replaceAll("-", ".");
    const inner = parseAddress(written) && whatLocal(written);
    if (inner) return `a name with the address ${written} in it, and may lead there: ${inner}`;
  }
  if (host.startsWith("localhost.")) return `a name that says localhost, and may lead to ${ITSELF}`;
  return host.includes(".") ? undefined : "a name without a dot: a neighbour of the proxy";
}
