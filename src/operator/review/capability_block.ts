/** `capability-block`: the whole new Dockerfile of the agent's container. */

import { faultOfText } from "../../queue/text.ts";
import { dockerfileNotices } from "./dockerfile_hints.ts";
import { count, type Kind, malformed, type Notice } from "./kind.ts";

export const capabilityBlock: Kind = {
  fileName: "Dockerfile",
  byHand: "build the bottle from the Dockerfile yourself",
  review(file) {
    if (file.trim() === "") return malformed("it must be a whole Dockerfile, got nothing");
    const fault = faultOfText(file);
    if (fault) return malformed(`it ${fault}`);
    const canonical = file.endsWith("\n") ? file : `${file}\n`;
    let notices: readonly Notice[] | undefined;
    const lines = canonical.split("\n").length - 1;
    const facts = [count(lines, "line")];
    return {
      kind: "understood",
      subject: "Dockerfile",
      facts,
      inWords: `Dockerfile, ${facts.join(", ")}`,
      asks: "rebuild the bottle from the proposed Dockerfile",
      details: baseImages(canonical).map((image, index) => [index === 0 ? "from" : "", image]),
      // Only who shows the file needs them, and they are work. What the bottle is built from now is
      // not known here: every line counts as new.
      get notices() {
        return notices ??= dockerfileNotices(undefined, canonical);
      },
      canonical,
      // Only the last line feed can be missing, and no reader makes something of that.
      isCanonical: true,
    };
  },
};

/** What the images are built on; a hint only, the file is what counts. */
function baseImages(file: string): string[] {
  const images = [...file.matchAll(/^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*(\S+)/gim)];
  return images.slice(0, 5).map(([, image = ""]) => image);
}
