/**
 * Who looks at consoles, as the log has it: from before the first byte to the end, once each, whatever crashes. A
 * console connection counts its uses by it, and has one viewer at a time.
 */

import type { Obms } from '../catalogue/obms.ts';
import type { ConsoleConnections, Record } from './connections.ts';
import { ConnectionError } from './connections.ts';
import type { AuditEntry } from '../console/audit.ts';
import type { Console } from '../console/console.ts';
import type { Viewer, ViewerRequest } from '../console/viewer.ts';
import type { Consoles } from '../consoles.ts';
import { ObmError } from '../errors.ts';
import type { Gate } from '../gate.ts';
import type { ObmLogger } from '../logger.ts';
import type { Asker } from '../orders.ts';
import { Paces } from '../paces.ts';
import type { ConsoleRight } from './tickets.ts';
import type { Time } from '../time.ts';

export interface VisitsParts {
  readonly obms: () => Obms;
  readonly gate: Gate;
  readonly consoles: Consoles;
  readonly connections: ConsoleConnections;
  readonly time: Time;
  readonly logger: ObmLogger;
  readonly newId: () => string;
  readonly record: Record;
  /** The daemon as an asker. */
  readonly myself: string;
}

export type VisitRequest = Omit<
  ViewerRequest,
  'epoch' | 'right' | 'signal' | 'principal' | 'mayWrite'
> & { readonly signal?: AbortSignal; readonly readOnly?: boolean };

export interface Visit {
  readonly console: Console;
  readonly viewer: Viewer;
}

/** Of one machine: each stays in the log for ever. */
const takesPace = { burst: 32, everyMs: 10_000, keysMax: 20_000 };
const pace = { burst: 256, everyMs: 2_000, keysMax: 20_000 };
/** Ended in one commit. */
const endedMax = 500;

export class Visits {
  readonly #parts: VisitsParts;
  readonly #paces: Paces;
  readonly #takes: Paces;
  /** Ids of those that go on. */
  readonly #live = new Set<string>();

  constructor(parts: VisitsParts) {
    this.#parts = parts;
    this.#paces = new Paces(parts.time, pace);
    this.#takes = new Paces(parts.time, takesPace);
    parts.consoles.listen((label, entry) => this.#done(label, entry));
  }

  /**
   * Shows a console for as long as the right holds.
   *
   * @throws {ConnectionError} `port-taken`, `too-often`; {ObmError} as `Consoles.attach` does
   */
  async begin(
    { pass, principal, mayWrite }: ConsoleRight,
    { readOnly = false, ...request }: VisitRequest,
    asker: Asker,
  ): Promise<Visit> {
    const { gate, consoles, connections, record, newId } = this.#parts;
    const { label, connection } = pass;
    const id = newId();
    this.#live.add(id);
    let isRecorded = false;
    try {
      await record('Attach', asker, (add) => {
        if (!gate.holds(pass)) throw new ObmError('closed', 'the right has ended');
        connections.mustBeFree(pass);
        if (!this.#paces.take(label))
          throw new ConnectionError('too-often', `${label} is looked at too often; wait a little`);
        const { source } = request;
        const data = { label, viewing: id, connection, principal, source };
        add({ type: 'ConsoleAttached', data });
      });
      isRecorded = true;
      const { sink } = request;
      return await consoles.attach(pass, {
        ...{ ...request, principal, mayWrite: mayWrite && !readOnly },
        sink: {
          data: (bytes, position) => sink.data(bytes, position),
          mark: (marker) => sink.mark(marker),
          role: (change) => sink.role(change),
          end: (end) => {
            this.#over(label, id, end.why);
            sink.end(end);
          },
        },
      });
    } catch (error) {
      if (isRecorded) this.#over(label, id, 'refused');
      else this.#live.delete(id);
      throw error;
    }
  }

  /** That somebody may take the right to type from somebody now. @throws {ConnectionError} `too-often` */
  mustMayTake(label: string): void {
    if (this.#takes.take(label)) return;
    throw new ConnectionError('too-often', 'the right to type was taken too often; wait a little');
  }

  /** Ends in the log what has ended without it: because the daemon did, or the disk was full. */
  async tidy(): Promise<void> {
    const { record, obms, myself } = this.#parts;
    await record('TidyViewings', { actor: myself, request: myself }, (add) => {
      let ended = 0;
      for (const { id, label } of obms().connections.viewings()) {
        if (this.#live.has(id)) continue;
        add({ type: 'ConsoleDetached', data: { label, viewing: id, why: 'lost' } });
        ended += 1;
        if (ended === endedMax) return;
      }
    });
  }

  #done(label: string, { what, principal, source, other: from }: AuditEntry): void {
    if (what !== 'took' || from === null) return;
    const { record, logger, newId } = this.#parts;
    void record('TakeWriter', { actor: principal, request: newId() }, (add) =>
      add({ type: 'WriterTaken', data: { label, principal, source, from } }),
    ).catch((error: unknown) =>
      logger.warn({ obm: label, err: error }, 'who types now is not in the log'),
    );
  }

  #over(label: string, id: string, why: string): void {
    if (!this.#live.has(id)) return;
    const { record, obms, myself, logger } = this.#parts;
    void record('Detach', { actor: myself, request: id }, (add) => {
      this.#live.delete(id);
      if (obms().connections.viewing(id))
        add({ type: 'ConsoleDetached', data: { label, viewing: id, why } });
    }).catch((error: unknown) => {
      this.#live.delete(id);
      logger.warn({ obm: label, err: error }, 'that a viewer left is not in the log yet');
    });
  }
}
