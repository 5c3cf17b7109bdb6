/** How fast agents may speak: each for itself, and all that have one token. */

import type { CredentialRow } from '../core/graph/rows/credentials.ts';
import { Paces } from '../station/fair-use/paces.ts';
import type { Pace } from '../station/fair-use/paces.ts';

/** Messages of the agent of one host. */
export const messagesPace: Pace = { burst: 5000, perSecond: 100 };
/** Messages of all agents that have one token, where it speaks for any host. */
export const messagesOfTokenPace: Pace = { burst: 200_000, perSecond: 10_000 };

export class AgentPaces {
  readonly #ofHosts: Paces;
  readonly #ofTokens: Paces;

  constructor(ofHost = messagesPace, ofToken = messagesOfTokenPace) {
    this.#ofHosts = new Paces(ofHost);
    this.#ofTokens = new Paces(ofToken);
  }

  /**
   * Takes one message.
   *
   * @param fqdn the host that the agent speaks for
   * @returns ms to wait after it
   */
  take({ id, role, host }: CredentialRow, fqdn: string): number {
    // An administrator may do more than any pace would keep one from.
    if (role === 'admin') return 0;
    const own = this.#ofHosts.take(`${id} ${fqdn}`, Infinity)!;
    return host === null ? Math.max(own, this.#ofTokens.take(id, Infinity)!) : own;
  }
}
