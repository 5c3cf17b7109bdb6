/** Which pages may open a console: a browser says from where it comes, and sends along whatever a page tells it to. */

import type { FastifyRequest } from 'fastify';

export class Origins {
  readonly #allowed: ReadonlySet<string>;

  /** @param allowed origins of pages of others, for example `https://halcyon.example` */
  constructor(allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
  }

  /** What is no page says no origin. One of the daemon itself is reached by the name that the page has, and as safely. */
  allows({ headers, protocol, host }: FastifyRequest): boolean {
    const { origin } = headers;
    return origin === undefined || origin === `${protocol}://${host}` || this.#allowed.has(origin);
  }
}
