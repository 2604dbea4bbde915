/** The resources that the suite reads, lists and watches. */

import type { ResourceContents, ResourceProvider } from "../../src/sidecar/mcp/resources.ts";
import { PNG } from "./samples.ts";

interface Fixture {
  readonly name: string;
  readonly contents: ResourceContents & { readonly mimeType: string };
}

const FIXTURES: readonly Fixture[] = [
  {
    name: "static-text",
    contents: {
      uri: "test://static-text",
      mimeType: "text/plain",
      text: "This is the content of the static text resource.",
    },
  },
  {
    name: "static-binary",
    contents: { uri: "test://static-binary", mimeType: "image/png", blob: PNG },
  },
  {
    name: "watched-resource",
    contents: {
      uri: "test://watched-resource",
      mimeType: "text/plain",
      text: "Watched resource content",
    },
  },
];

const byUri = new Map(FIXTURES.map(({ contents }) => [contents.uri, contents]));

export const resources: ResourceProvider = {
  templates: [{
    uriTemplate: "test://template/{id}/data",
    name: "template",
    mimeType: "application/json",
  }],
  list: () =>
    Promise.resolve(
      FIXTURES.map(({ name, contents: { uri, mimeType } }) => ({ uri, name, mimeType })),
    ),
  read(uri) {
    const contents = byUri.get(uri) ?? filledIn(uri);
    return Promise.resolve(
      contents ? { kind: "contents", contents: [contents] } : { kind: "unknown" },
    );
  },
  announces: (uri) => Promise.resolve(uri === "test://watched-resource"),
};

function filledIn(uri: string): ResourceContents | undefined {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return undefined;
  return {
    uri,
    mimeType: "application/json",
    text: JSON.stringify({ id, data: `Data for ${id}` }),
  };
}
