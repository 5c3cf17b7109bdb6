/** The console of a machine as whoever has the token of its OBM gives others rights to it. */

import { connectionIdPattern } from '../../core/values/consoles.ts';
import type { ConsoleMode, ConsolePurpose } from '../../core/values/consoles.ts';
import { ObmdError } from './errors.ts';
import type { ObmdReason } from './errors.ts';
import { askAsHolder } from './holder.ts';
import type { HolderParts } from './holder.ts';
import { isObject, obmPath, problemIn } from './obmd.ts';
import type { ObmdAnswer, ObmdRequest } from './request.ts';

export interface ConnectionAsked {
  readonly mode: ConsoleMode;
  readonly purpose: ConsolePurpose;
  /** Seconds. */
  readonly lasts: number;
  /** Who is shown to others who look: printable ASCII, at most 128 characters. */
  readonly holder: string;
}

/** What a daemon made, as far as anybody is told of it. */
export interface MadeConnection {
  readonly id: string;
  /** Where the console, or its log, is to be had, once, until the ticket in it expires. */
  readonly url: string;
  /** Times in ms since the epoch. */
  readonly ticketExpires: number;
  readonly expires: number;
}

/** A connection as its daemon has it. */
export interface SeenConnection {
  readonly id: string;
  readonly made: number;
  /** How often somebody was attached by it. */
  readonly used: number;
  /** How many read the log by it now; null: a daemon of an earlier release does not say. */
  readonly reading: number | null;
  /** Whether the station made it, and not the administrator of the daemon. */
  readonly isOurs: boolean;
  /** Who is attached by it, from where and since when; null: nobody is. */
  readonly connected: {
    readonly principal: string;
    readonly source: string;
    readonly since: number;
  } | null;
}

/** What it means that a daemon refuses. */
const reasons: Readonly<Record<string, ObmdReason>> = {
  unsupported: 'no-console',
  'no-port-left': 'no-room',
  'too-many': 'no-room',
  'too-often': 'too-often',
  limit: 'too-often',
  disabled: 'lost',
  unauthorized: 'lost',
};

/** Nothing of where a daemon is: members are told these. */
const messages: Readonly<Partial<Record<ObmdReason, string>>> = {
  'no-console': 'the OBM has no console',
  'no-room': 'as many console connections as there may be are in use; revoke one, or wait',
  'too-often': 'console connections of the machine are made too often; wait a little',
  lost: 'the OBM daemon does not take the token of the OBM: enable it again',
};

const isId = new RegExp(connectionIdPattern);
const isTicket = /^[0-9a-f]{32}$/;

export class ConsoleHolder {
  readonly #parts: HolderParts;

  constructor(parts: HolderParts) {
    this.#parts = parts;
  }

  /** Where the console is seen. */
  get place(): string {
    const { base, label } = this.#parts;
    return `${base}${obmPath(label)}/console`;
  }

  /** It is used once, by the ticket: its token is told to nobody. @throws {ObmdError} */
  async make({ mode, purpose, lasts, holder }: ConnectionAsked): Promise<MadeConnection> {
    const body = { mode, lasts, uses: 1, for: holder };
    const answer = await this.#ask('POST', '/connections', body);
    const made = answer.body;
    if (answer.status !== 201 || !isObject(made)) throw this.#failed(answer);
    const { id, ticket, ticket_expires: ticketExpires, expires } = made;
    if (typeof id !== 'string' || !isId.test(id) || typeof ticket !== 'string')
      throw this.#failed(answer);
    if (!isTicket.test(ticket) || !Number.isSafeInteger(expires)) throw this.#failed(answer);
    const place = purpose === 'log' ? `${this.place}/log` : this.place;
    return {
      id,
      url: `${place}?ticket=${ticket}`,
      ticketExpires: Number(ticketExpires),
      expires: Number(expires),
    };
  }

  /** Those that are good now. @throws {ObmdError} */
  async list(): Promise<SeenConnection[]> {
    const answer = await this.#ask('GET', '/connections');
    const { status, body } = answer;
    if (status !== 200 || !isObject(body) || !Array.isArray(body['connections']))
      throw this.#failed(answer);
    const given = body['connections'] as readonly Record<string, unknown>[];
    return given.map((one) => ({
      id: String(one['id']),
      made: Number(one['made']),
      used: Number(one['used']),
      reading: typeof one['reading'] === 'number' ? one['reading'] : null,
      isOurs: String(one['by']).startsWith('holder:'),
      connected: (one['connected'] ?? null) as SeenConnection['connected'],
    }));
  }

  /**
   * Whoever is attached by it is out when this resolves, and nobody comes. One that is over is so already, and so are
   * all when the token of the OBM is good no more.
   *
   * @throws {ObmdError}
   */
  async revoke(id: string): Promise<void> {
    const answer = await this.#ask('DELETE', `/connections/${encodeURIComponent(id)}`);
    const isIn = answer.status !== 401 || problemIn(answer)?.code !== 'unauthorized';
    if (answer.status !== 204 && isIn) throw this.#failed(answer);
  }

  #ask(method: ObmdRequest['method'], path: string, body?: object): Promise<ObmdAnswer> {
    const { label } = this.#parts;
    return askAsHolder(this.#parts, {
      ...{ method, path: `${obmPath(label)}/console${path}` },
      ...(body ? { body } : {}),
    });
  }

  #failed(answer: ObmdAnswer): ObmdError {
    const problem = problemIn(answer);
    const reason = reasons[problem?.code ?? ''] ?? 'failed';
    const said = problem ? `: ${problem.detail} (${problem.code})` : '';
    const otherwise = `${this.#parts.base} answered ${answer.status}${said}`;
    return new ObmdError(reason, messages[reason] ?? otherwise);
  }
}
