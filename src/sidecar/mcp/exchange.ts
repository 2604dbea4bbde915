/** One HTTP request, or one line on stdio, and the calls in it that may have to wait. */

import type { RequestId } from "../jsonrpc/message.ts";
import { notificationText } from "../jsonrpc/response.ts";

/**
 * How a transport sends one more message. False: the client reads too slowly, it was dropped. What
 * must arrive is not dropped for that.
 */
export type Send = (text: string, mustArrive: boolean) => boolean;

/** Identifies the progress of one request; chosen by the client. 0 and "" are tokens. */
export type ProgressToken = RequestId;

/** One JSON-RPC request that may wait; its tool learns through it when the listener has ended. */
export class Call {
  /** Messages can be sent before the answer. */
  readonly streams: boolean;
  /** They share a channel with those of other requests. */
  readonly sharesChannel: boolean;
  /** Who calls, as far as the transport can tell: one address is one client. */
  readonly client: string;
  /** For a tool: the answer may be a task, to be asked for later. */
  takesTask = false;
  #left = false;
  #isDoubtful = false;
  #onLeave: (() => void) | undefined;
  #onSent: ((whole: boolean) => void) | undefined;
  #send: Send | undefined;
  /** Messages from before the transport was ready. */
  #early: string[] | undefined;
  #progress: { readonly token: ProgressToken; readonly words: boolean; last: number } | undefined;

  constructor(streams: boolean, { sharesChannel, address }: Far) {
    this.streams = streams;
    this.sharesChannel = sharesChannel;
    this.client = address;
  }

  /** Runs `action` when the caller leaves, at once if it has. Undefined takes it back. */
  onLeave(action: (() => void) | undefined): void {
    this.#onLeave = action;
    if (this.#left) action?.();
  }

  /** Runs `action` once: with true when the answer has been sent whole, with false when it is lost. */
  onSent(action: (whole: boolean) => void): void {
    this.#onSent = action;
    if (this.#left) this.sent(false);
  }

  /** The client no longer waits for the answer. */
  get isLeft(): boolean {
    return this.#left;
  }

  /** The client asked to be told how far the work is, and can be. */
  get wantsProgress(): boolean {
    return this.#progress !== undefined && !this.#left;
  }

  /**
   * Tells the client how far the work is. What is not more than the last time is not sent: the
   * specification wants `progress` to increase (basic/patterns/progress).
   */
  report(progress: number, total: number | undefined, message: string): void {
    const asked = this.#progress;
    if (!asked || progress <= asked.last) return;
    asked.last = progress;
    this.notify("notifications/progress", {
      progressToken: asked.token,
      progress,
      ...total === undefined ? {} : { total },
      ...asked.words ? { message } : {},
    });
  }

  /** Sends a notification that belongs to this request. False when the client can no longer read it. */
  notify(method: string, params: object, mustArrive = false): boolean {
    if (this.#left || !this.streams) return false;
    const text = notificationText(method, params);
    if (this.#send) return this.#send(text, mustArrive);
    (this.#early ??= []).push(text);
    return true;
  }

  /** For the core: the request carries a progress token; `words` when messages may be sent too. */
  reportTo(token: ProgressToken, words: boolean): void {
    if (this.streams) this.#progress = { token, words, last: -Infinity };
  }

  /** For the transport: how to send from now on. */
  attach(send: Send): void {
    this.#send = send;
    const early = this.#early;
    this.#early = undefined;
    for (const text of early ?? []) send(text, true);
  }

  /** For the transport, and for a cancellation: the client no longer waits for the answer. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#onLeave?.();
    this.sent(false);
  }

  /** For a cancellation that may have meant this call: the client may not read the answer. */
  doubt(): void {
    this.#isDoubtful = true;
  }

  /** For the transport: the answer has been sent, whole or not. */
  sent(whole: boolean): void {
    const action = this.#onSent;
    this.#onSent = undefined;
    action?.(whole && !this.#isDoubtful);
  }
}

/** The one at the other end, as far as the transport can tell. Getters may have a cost. */
export interface Peer {
  /** Tells the request ids of different clients apart. */
  readonly address: string;
  /** The HTTP headers of the request; null where the transport has none to compare. */
  readonly headers: { get(name: string): string | null } | null;
  /** The MCP-Protocol-Version header, or the revision agreed on before; null when nothing says. */
  readonly protocolVersion: string | null;
  /** The client says that it reads a stream of messages as an answer, and there is room for one. */
  readonly canStream: boolean;
  /** A stream can be sent to a client that does not say what it can read. */
  readonly mayStream: boolean;
  /** All requests of this client share one channel, so that no stream of its own ends. */
  readonly sharesChannel: boolean;
}

/** What a call keeps of its peer, who holds on to more. */
type Far = Pick<Peer, "sharesChannel" | "address">;

export class Exchange {
  readonly peer: Peer;
  readonly protocolVersion: string | null;
  /** Several messages in one are answered in one, so nothing can be sent before. */
  isBatch = false;
  /** The revision that `initialize` answered with, for a transport that keeps it. */
  negotiated: string | undefined;
  /** For records: a method that the server has, "batch" or "unknown"; undefined: none was looked up. */
  method: string | undefined;
  /** For records: a tool that the server has, or "unknown"; undefined: none was called by itself. */
  tool: string | undefined;
  /** For records: what went wrong where the status need not say so; of a batch the worst. */
  failure: "tool-error" | "error" | undefined;
  /** The client has gone before it was answered. */
  isLeft = false;
  /** Nearly always one: a batch is the exception. */
  #calls: readonly Call[] = [];

  constructor(peer: Peer) {
    this.peer = peer;
    this.protocolVersion = peer.protocolVersion;
  }

  begin(streams: boolean): Call {
    const call = new Call(streams && !this.isBatch, this.peer);
    this.#calls = this.#calls.length === 0 ? [call] : [...this.#calls, call];
    return call;
  }

  /** Its one call was cancelled, so that nothing is said in answer. */
  get isCancelled(): boolean {
    return this.#calls.length === 1 && this.#calls[0]!.isLeft && !this.isBatch;
  }

  leave(): void {
    this.isLeft = true;
    for (const call of this.#calls) call.leave();
  }

  /** For the server: takes down which method was asked for. */
  sawMethod(name: string): void {
    if (!this.isBatch) this.method = name;
  }

  /** For the server: takes down which tool was called. */
  sawTool(name: string): void {
    if (!this.isBatch) this.tool = name;
  }

  /** For the server: takes down what went wrong. */
  failed(how: "tool-error" | "error"): void {
    if (this.failure !== "error") this.failure = how;
  }

  sent(whole: boolean): void {
    for (const call of this.#calls) call.sent(whole);
  }
}
