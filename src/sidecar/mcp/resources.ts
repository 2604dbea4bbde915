/** `resources/list`, `resources/templates/list` and `resources/read`, for any set of resources. */

import { INVALID_PARAMS } from "../jsonrpc/errors.ts";
import {
  failure,
  type Method,
  NOT_CACHED,
  passingFailure,
  result,
  STATIC,
  UNKNOWN_CURSOR,
} from "./method.ts";

export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly mimeType?: string | undefined;
}

export interface ResourceTemplate {
  /** RFC 6570. */
  readonly uriTemplate: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly mimeType?: string | undefined;
}

/** `text`, or bytes in base64 as `blob`. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string | undefined;
  readonly text?: string | undefined;
  readonly blob?: string | undefined;
}

export type ResourceRead =
  | { readonly kind: "contents"; readonly contents: readonly ResourceContents[] }
  | { readonly kind: "unknown" }
  /** It is known but cannot be had now; the message is for the client. */
  | { readonly kind: "failed"; readonly message: string };

export interface ResourceProvider {
  readonly templates: readonly ResourceTemplate[];
  /** In an order that does not change. */
  list(): Promise<readonly Resource[]>;
  read(uri: string): Promise<ResourceRead>;
  /** Whether changes of this resource will be announced. */
  announces(uri: string): Promise<boolean>;
}

/** A resource may be large: beyond this many that are being read at once further ones are refused. */
const MAX_READS = 16;

export function resourceMethods(provider: ResourceProvider): Method[] {
  let reads = 0;
  const templates = result({ resourceTemplates: provider.templates });
  return [
    {
      name: "resources/list",
      eras: "both",
      cache: NOT_CACHED,
      handle: ({ cursor }) =>
        cursor === undefined || cursor === null
          ? provider.list().then((resources) => result({ resources }))
          : UNKNOWN_CURSOR,
    },
    {
      name: "resources/templates/list",
      eras: "both",
      cache: STATIC,
      handle: ({ cursor }) => cursor === undefined || cursor === null ? templates : UNKNOWN_CURSOR,
    },
    {
      name: "resources/read",
      eras: "both",
      nameParam: "uri",
      cache: NOT_CACHED,
      handle({ uri }, { revision }) {
        if (typeof uri !== "string") {
          return failure(INVALID_PARAMS, "resources/read 'uri' must be a string");
        }
        if (reads >= MAX_READS) {
          return passingFailure("busy", "many resources are being read: try again in a second");
        }
        reads++;
        return provider.read(uri).finally(() => reads--).then((read) => {
          if (read.kind === "contents") return result({ contents: read.contents });
          if (read.kind === "failed") return passingFailure("unavailable", read.message);
          return failure(
            revision.resourceNotFound,
            "resource not found: resources/list and resources/templates/list name what there is",
            { uri },
          );
        });
      },
    },
  ];
}
