/**
 * The names that the specification reserves in `_meta` and among extensions. Written here once for
 * all tests, and not taken from `src`: tests state the wire themselves.
 */

const PREFIX = "io.modelcontextprotocol/";
export const PROTOCOL_VERSION = `${PREFIX}protocolVersion`;
export const CLIENT_INFO = `${PREFIX}clientInfo`;
export const CLIENT_CAPABILITIES = `${PREFIX}clientCapabilities`;
export const SERVER_INFO = `${PREFIX}serverInfo`;
export const SUBSCRIPTION_ID = `${PREFIX}subscriptionId`;
export const LOG_LEVEL = `${PREFIX}logLevel`;
export const TASKS_EXTENSION = `${PREFIX}tasks`;
