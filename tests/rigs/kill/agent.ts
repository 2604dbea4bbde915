/** The agent of the crash tests: asks over a bare socket, so that a cut answer is told from none. */

import { within } from "../../support/chance.ts";
import { RawConnection } from "../../bench/raw_http.ts";
import { answerText, askForHost, JSON_ONLY, JSON_OR_STREAM } from "../../bench/requests.ts";

const ANSWER_LIMIT_MS = 15_000;

/** One call of the agent. */
export interface AgentCall {
  /** The text of the answer, once it came whole; undefined when it did not come or was cut. */
  readonly answer: Promise<string | undefined>;
  end(): void;
}

/** Sends an ask for `host`; the call stands when this returns. Throws when it cannot be sent. */
export async function call(port: number, host: string, stream: boolean): Promise<AgentCall> {
  const connection = await RawConnection.open(port);
  try {
    await connection.send(askForHost(port, host, stream ? JSON_OR_STREAM : JSON_ONLY));
  } catch (error) {
    connection[Symbol.dispose]();
    throw error;
  }
  return {
    answer: within(connection.readAnswer(), ANSWER_LIMIT_MS)
      .then((answer) => answer && answerText(answer)),
    end: () => connection[Symbol.dispose](),
  };
}

/** Sends an ask and waits for its answer. */
export async function ask(port: number, host: string, stream: boolean) {
  const sent = await call(port, host, stream);
  try {
    return await sent.answer;
  } finally {
    sent.end();
  }
}
