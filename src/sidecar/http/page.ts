/** A plain page beside the protocol, such as health or metrics: a GET that is answered with a text. */

export interface PageAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** May throw: that is a defect, which the client sees as an internal error. */
export type PlainPage = (query: URLSearchParams) => PageAnswer | Promise<PageAnswer>;
