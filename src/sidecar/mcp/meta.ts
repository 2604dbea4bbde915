/** The reserved keys of `_meta` and the names of extensions (MCP 2026-07-28, basic/index, "_meta"). */

const PREFIX = "io.modelcontextprotocol/";

export const PROTOCOL_VERSION = `${PREFIX}protocolVersion`;
export const CLIENT_CAPABILITIES = `${PREFIX}clientCapabilities`;
export const SERVER_INFO = `${PREFIX}serverInfo`;
export const SUBSCRIPTION_ID = `${PREFIX}subscriptionId`;

/** The Tasks extension, a key of `capabilities.extensions`. */
export const TASKS_EXTENSION = `${PREFIX}tasks`;
