/** Whoever has signed in, for all that is drawn. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Token } from '../../../client/types.ts';

export interface SessionNow {
  readonly who: Token;
  /** How often somebody has signed in on this page: what failed for want of a session is asked anew where it changes. */
  readonly signedIn: number;
  readonly leave: () => void;
}

export const SessionContext = createContext<SessionNow | null>(null);

/** @throws {Error} outside of what is shown to those who have signed in */
export const useSession = (): SessionNow => {
  const session = useContext(SessionContext);
  if (!session) throw new Error('nobody has signed in here');
  return session;
};
