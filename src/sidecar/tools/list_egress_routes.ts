/** `list-egress-routes`: shows the live route table, without an ask. */

import { z } from "zod";
import type { RouteTable } from "../egress/route_table.ts";
import { refusal, whenRoutesUnknown } from "../answer.ts";
import { isObject } from "../jsonrpc/message.ts";
import type { Mode } from "../settings.ts";
import { defineTool, LOOK, type SidecarTool } from "./tool.ts";

const NAME = "list-egress-routes";

const WHAT =
  "Show which hosts you may reach now. Returns the egress proxy's live route table as JSON, one " +
  "entry per allowed host, with its path_allowlist (none means every path) and whether the proxy " +
  "adds a credential. Needs no operator and returns at once.";

const WHEN =
  " Call it before egress-block, to see whether the host or path is already allowed, and after an " +
  "approval, to see the new route.";

export function listEgressRoutes(routes: RouteTable, mode: Mode): SidecarTool {
  const mayAsk = mode !== "readonly";
  return defineTool({
    name: NAME,
    title: "List allowed hosts",
    description: mayAsk ? WHAT + WHEN : WHAT,
    input: z.object({}),
    output: z.object({}).describe("The proxy's table, as the proxy gives it."),
    annotations: LOOK,
    run: async () => {
      const read = await routes.read();
      if (read.kind === "table") {
        const { text, table } = read;
        // Structured content is an object; a bare list is put into one.
        const structured = isObject(table) ? table : { routes: table };
        return { kind: "answer", text, isError: false, structured };
      }
      return refusal(`${NAME}: ${read.message}${whenRoutesUnknown(mayAsk)}`);
    },
  });
}
