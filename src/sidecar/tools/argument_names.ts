/** Names of arguments: when two are the same, and which clients add by themselves to any call. */

/** A longer name is no slip of ours, in characters. */
export const MAX_NAME_LENGTH = 64;

export function lettersOf(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).normalize("NFKC").toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Of clients, and of the hosts before them. */
const NAMES: ReadonlySet<string> = new Set([
  ...["_meta", "meta", "metadata", "context", "env", "environment"],
  ...["toolCallId", "toolUseId", "callId", "tool", "toolName", "name", "server", "serverName"],
  ...["mcpServer", "client", "clientInfo", "clientId", "model", "agent", "agentId", "userAgent"],
  ...["requestId", "sessionId", "threadId", "conversationId", "messageId", "taskId", "runId"],
  ...["userId", "user", "sessionToken", "progressToken", "traceparent", "tracestate", "traceId"],
  ...["timestamp", "locale", "timezone", "securityRisk"],
  ...["thought", "thoughts", "thinking", "reasoning", "explanation", "description", "comment"],
  ...["comments", "tags"],
].map(lettersOf));

/** Where the client works, which is a path of its own machine. */
const WORK_PLACES: readonly RegExp[] = [
  /^(cwd|pwd|projectroot)$/,
  /^(current)?work(ing|space|tree)?(dir|directory|folder|root|path|uri)?s?$/,
  /^(current|project|root)(dir|directory|folder|uri)s?$/,
];

/** Such an argument says nothing about the ask. */
export function isClientsOwn(name: string): boolean {
  const letters = lettersOf(name);
  return NAMES.has(letters) || WORK_PLACES.some((form) => form.test(letters));
}
