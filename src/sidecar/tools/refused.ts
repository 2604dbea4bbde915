/** A tool that is known and does nothing, since its bottle takes no asks. */

import { refusalOf } from "../not_asked.ts";
import type { SidecarTool } from "./tool.ts";

/** Not listed; a call of it is answered at once, whatever its arguments. */
export function refused(tool: SidecarTool, onRefused: () => void): SidecarTool {
  return {
    ...tool,
    unlisted: true,
    waits: false,
    call() {
      onRefused();
      return refusalOf(tool.name, { kind: "readonly" });
    },
  };
}
