/** Which methods an address has, for whoever used another one (RFC 9110 §15.5.6). */

import { endpoints } from '../contract/catalogue.ts';
import type { Endpoint } from '../contract/endpoint.ts';
import { pageSession } from '../contract/page-session.ts';

let forms: readonly { readonly form: RegExp; readonly method: string }[] | undefined;

/** Addresses are those of the contract, and of the page's session. */
const formsOf = (): NonNullable<typeof forms> =>
  (forms ??= Object.values<Endpoint>(endpoints).map(({ method, path }) => ({
    method,
    form: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`),
  })));

/** In the order of `Allow`; none: there is no such address. */
export const methodsOf = (path: string): readonly string[] => {
  const found = new Set<string>(
    formsOf()
      .filter(({ form }) => form.test(path))
      .map(({ method }) => method),
  );
  if (path === pageSession.path) for (const method of pageSession.methods) found.add(method);
  if (found.has('GET')) found.add('HEAD');
  return [...found].sort();
};
