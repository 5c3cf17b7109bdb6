/** Names to addresses, each by itself: one whose name server is silent keeps nobody else waiting. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

export type Resolved = { readonly address: string } | { readonly trouble: string };

/** A name server that says nothing for so long is taken for one that does not know, ms. */
const patienceMs = 5_000;

const words = new Map([
  ['ENOTFOUND', 'it has no address'],
  ['EAI_AGAIN', 'the name server does not answer'],
]);

/** @returns the address itself where it is one already */
export const resolveAddress = async (nameOrAddress: string): Promise<Resolved> => {
  if (isIP(nameOrAddress) !== 0) return { address: nameOrAddress };
  const late = Promise.withResolvers<Resolved>();
  const timer = setTimeout(
    () => late.resolve({ trouble: `${nameOrAddress}: the name server does not answer` }),
    patienceMs,
  );
  try {
    return await Promise.race([lookup(nameOrAddress), late.promise]);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    return { trouble: `${nameOrAddress}: ${words.get(code) ?? code}` };
  } finally {
    clearTimeout(timer);
  }
};
