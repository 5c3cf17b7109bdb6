/**
 * Consoles of machines for whoever may be at them: the OBM daemon makes a connection, which is in the log before anybody
 * is told how it is used; so it ends with the right of whoever it was made for, also when the station was killed.
 */

import type { Command } from '../../core/commands/index.ts';
import type { Graph } from '../../core/graph/graph.ts';
import type { CredentialRow } from '../../core/graph/rows/credentials.ts';
import type { ConnectionRow } from '../../core/graph/rows/obms.ts';
import type { ConsoleMode, ConsolePurpose } from '../../core/values/consoles.ts';
import type { Refused } from '../../core/values/rejection.ts';
import { later } from '../access/sender.ts';
import type { Sender } from '../access/sender.ts';
import type { Result } from '../result.ts';
import type { Time } from '../time.ts';
import { ConsoleHolder } from './console-holder.ts';
import type { ConnectionAsked, MadeConnection, SeenConnection } from './console-holder.ts';
import { ObmdError } from './errors.ts';
import type { HolderParts } from './holder.ts';

export interface ConsoleAsked {
  readonly fqdn: string;
  /** For whom. */
  readonly credential: CredentialRow;
  readonly mode: ConsoleMode;
  readonly purpose: ConsolePurpose;
  /** Seconds, at most: it ends with the token that it is for. */
  readonly lasts: number;
}

export interface OpenedConsole extends MadeConnection {
  readonly mode: ConsoleMode;
  /** PEM certificates by which the daemon is to be believed, besides the well-known ones. */
  readonly ca: string | undefined;
}

export interface ConsolePlace {
  readonly url: string;
  /** PEM certificates by which the daemon is to be believed, besides the well-known ones. */
  readonly ca: string | undefined;
}

export interface ListedConnection {
  readonly row: ConnectionRow;
  readonly connected: SeenConnection['connected'];
}

export interface ConsolesParts {
  readonly graph: () => Graph;
  readonly time: Time;
  readonly ca: string | undefined;
  readonly submit: (command: Command, sender: Sender) => Promise<Result<null>>;
  readonly refusal: (command: Command, sender: Sender) => Refused | undefined;
  /** Runs when nobody else has anything under way with the OBM of the host. */
  readonly alone: <T>(sender: Sender, fqdn: string, work: () => Promise<T>) => Promise<T>;
  /** How the OBM of a host is held by the right of an epoch; null: that is not the one that is good. */
  readonly holding: (host: string, epoch: number) => HolderParts | null;
}

/** A ticket is good for half as long, ms: what was not used by then never is. */
const unusedMs = 60_000;
/** What a command is tried with, before the daemon has said what it is called. */
const anyId = '00000000';

type Made = { readonly ok: true; readonly opened: OpenedConsole } | Refused;

export class Consoles {
  readonly #parts: ConsolesParts;

  constructor(parts: ConsolesParts) {
    this.#parts = parts;
  }

  /** What is recorded when somebody is let in, for a dry run. */
  commandOf({ fqdn, credential, mode, purpose, lasts }: ConsoleAsked): Command {
    const { graph, time } = this.#parts;
    const epoch = graph().get('registration', fqdn)?.token ?? 0;
    const expires = time.now() + secondsLeft(credential, lasts, time.now()) * 1000;
    const more = { purpose, mode, epoch, expires };
    return { type: 'MakeConnection', fqdn, id: anyId, credential: credential.id, ...more };
  }

  /**
   * A right to a console for somebody, which nobody has before it is in the log.
   *
   * @throws {ObmdError} nobody has one
   */
  open(asked: ConsoleAsked, sender: Sender): Promise<Made> {
    const { fqdn, credential, mode, purpose } = asked;
    return this.#parts.alone(sender, fqdn, async () => {
      const { refusal, submit, time, ca } = this.#parts;
      const command = this.commandOf(asked);
      let refused = refusal(command, sender);
      if (refused?.rejection.code === 'too-many-connections') {
        await this.#tidy(fqdn, sender);
        refused = refusal(command, sender);
      }
      if (refused) return refused;
      const lasts = secondsLeft(credential, asked.lasts, time.now());
      const made = await this.#made(fqdn, sender, {
        ...{ mode, purpose, lasts },
        holder: shownName(credential),
      });
      let isTold = false;
      try {
        const result = await submit({ ...command, id: made.id } as Command, later(sender));
        isTold = result.ok;
        return result.ok ? { ok: true, opened: { ...made, mode, ca } } : result;
      } finally {
        if (!isTold) await this.#giveBack(fqdn, made.id);
      }
    });
  }

  /**
   * Where the daemon shows the console of a machine, and its log beneath it, to whoever has a ticket.
   *
   * @throws {ObmdError} the station has no token of the OBM
   */
  placeOf(fqdn: string): ConsolePlace {
    return { url: this.#holderOf(fqdn).place, ca: this.#parts.ca };
  }

  /** Those of a machine that are good, and who is attached by them. @throws {ObmdError} */
  async list(fqdn: string): Promise<ListedConnection[]> {
    const seen = new Map((await this.#holderOf(fqdn).list()).map((one) => [one.id, one]));
    return this.#rowsOf(fqdn)
      .filter(({ id }) => seen.has(id))
      .map((row) => ({ row, connected: seen.get(row.id)!.connected }));
  }

  /**
   * Whoever is in by it is out when this resolves. What is over is so already.
   *
   * @throws {ObmdError} it is as it was, as far as is known
   */
  async revoke(fqdn: string, id: string, sender: Sender): Promise<Result<null>> {
    const { graph, submit, refusal } = this.#parts;
    const command = { type: 'EndConnection', id, why: 'revoked' } as const;
    const refused = refusal(command, sender);
    if (refused) return refused;
    if (graph().get('connection', id)?.host === fqdn) await this.shut(id);
    return submit(command, sender);
  }

  /** Nobody is in by a connection, nor comes, when this resolves. @throws {ObmdError} */
  async shut(id: string): Promise<void> {
    const row = this.#parts.graph().get('connection', id);
    if (row) await this.#holderOf(row.host).revoke(id);
  }

  /** Makes room for one more where there may be some. */
  async #made(fqdn: string, sender: Sender, asked: ConnectionAsked): Promise<MadeConnection> {
    const holder = this.#holderOf(fqdn);
    try {
      return await holder.make(asked);
    } catch (error) {
      if (!(error instanceof ObmdError) || error.reason !== 'no-room') throw error;
      await this.#tidy(fqdn, sender);
      return holder.make(asked);
    }
  }

  /** It was told to nobody: where it cannot be revoked now, it ends by itself, unused. */
  async #giveBack(fqdn: string, id: string): Promise<void> {
    try {
      await this.#holderOf(fqdn).revoke(id);
    } catch (error) {
      if (!(error instanceof ObmdError)) throw error;
    }
  }

  /** Ends what nobody is in by, nor will be: the log and the daemon then know the same ones. */
  async #tidy(fqdn: string, sender: Sender): Promise<void> {
    const { submit, time } = this.#parts;
    const holder = this.#holderOf(fqdn);
    const seen = new Map((await holder.list()).map((one) => [one.id, one]));
    const rows = new Map(this.#rowsOf(fqdn).map((row) => [row.id, row]));
    // What a station that was killed has left.
    for (const { id, isOurs } of seen.values())
      if (isOurs && !rows.has(id)) await holder.revoke(id);
    for (const { id, purpose, since } of rows.values()) {
      const there = seen.get(id);
      const isLate = time.now() >= since + unusedMs;
      const { used = 0, reading = null } = there ?? {};
      // Whoever read a log by it may have been killed.
      const isFree = used === 0 && (reading ?? (purpose === 'log' ? 1 : 0)) === 0;
      const isIdle = isFree && isLate;
      if (there && !isIdle) continue;
      if (there) await holder.revoke(id);
      await submit({ type: 'EndConnection', id, why: 'over' }, later(sender));
    }
  }

  #rowsOf(fqdn: string): ConnectionRow[] {
    const rows = [...this.#parts.graph().many('connects', fqdn)];
    return rows.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
  }

  /** @throws {ObmdError} the station has no token of the OBM */
  #holderOf(fqdn: string): ConsoleHolder {
    const token = this.#parts.graph().get('registration', fqdn)?.token ?? null;
    const parts = token === null ? null : this.#parts.holding(fqdn, token);
    if (parts) return new ConsoleHolder(parts);
    throw new ObmdError('lost', 'the station has no token of the OBM: enable it again');
  }
}

/** What is left of the token that it is for, and no more. */
const secondsLeft = ({ expires }: CredentialRow, lasts: number, now: number): number =>
  expires === 0 ? lasts : Math.max(1, Math.min(lasts, Math.floor((expires - now) / 1000)));

/** As others at the console are told who somebody is. */
const shownName = ({ id, name }: CredentialRow): string => {
  const plain = name.replace(/[^\x20-\x7e]/g, '?').trim();
  return `${plain.slice(0, 80)} token:${id}`.trim();
};
