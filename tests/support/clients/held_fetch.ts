/** A `fetch` for a client under test that can be relied on to hang up. */

/**
 * Deno (2.9.6) does not close the connection of an aborted request once the Response has been
 * collected as garbage, while its body is still being read. So each one is held.
 */
export function heldFetch(): typeof fetch {
  const held: Response[] = [];
  return async (input, init) => {
    const response = await fetch(input, init);
    held.push(response);
    return response;
  };
}
