/** The cases of path prefixes, which the tests of all who compare or check them read. */

import paths from "../testdata/paths.json" with { type: "json" };

export const PATHS = paths;
