/** A harmless Dockerfile, which the cases of several tests add their lines to. */

export const DIGEST = `sha256:${"a".repeat(64)}`;
/** Seven lines: what a case adds begins with line 8. */
export const BASE = `FROM debian:12@${DIGEST}
RUN apt-get update \\
  # what the agent needs
  && apt-get install -y ripgrep
WORKDIR /app
USER node
CMD ["node"]
`;
