/**
 * Commands that were under way when their leader stood still, asked for by callers who know one address each: of the one
 * that led, or of one that follows. Whoever is not answered with what was done is told what to do, does it, and has it
 * done once.
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import t from 'tap';
import { createClient } from '../../src/client/client.ts';
import { ApiError } from '../../src/client/errors.ts';
import type { ProcessBody } from '../../src/contract/processes.ts';
import { agree, eventsOf } from './history.ts';
import { Stations, emptyHosts, insist, patience, until } from './stations.ts';

/** What a caller with no patience of his own hears. */
const answerOf = (asked: Promise<{ processes: { fid: string }[] }>): Promise<unknown> =>
  asked.then(
    ({ processes }) => processes[0]!.fid,
    (error: unknown) => error,
  );

/** A command of which the station has read all but the end. */
class HalfSent {
  #said = '';
  readonly #socket: Socket;
  readonly #rest: string;

  private constructor(socket: Socket, rest: string) {
    this.#socket = socket;
    this.#rest = rest;
    socket.on('data', (data: Buffer) => (this.#said += data.toString()));
  }

  static async to(url: string, token: string, key: string, body: object): Promise<HalfSent> {
    const { port } = new URL(url);
    const text = JSON.stringify(body);
    const socket = connect(Number(port), '127.0.0.1');
    const one = new HalfSent(socket, text.slice(1));
    const head = [
      'POST /api/v1/processes HTTP/1.1',
      ...['host: one', `authorization: Bearer ${token}`, `idempotency-key: ${key}`],
      ...['content-type: application/json', `content-length: ${text.length}`],
      ...['expect: 100-continue', 'connection: close', '', text.slice(0, 1)],
    ];
    await once(socket, 'connect');
    socket.write(head.join('\r\n'));
    await until('it is let in', () => one.#said.includes('100 Continue'));
    return one;
  }

  /** @returns status and body of the answer */
  async finish(): Promise<{ status: number; body: { code?: string; detail?: string } }> {
    const ended = once(this.#socket, 'close', { signal: AbortSignal.timeout(patience) });
    this.#socket.write(this.#rest);
    await ended;
    const answer = this.#said.slice(this.#said.indexOf('HTTP/1.1', 8));
    const body = answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
    return { status: Number(answer.split(' ')[1]), body: JSON.parse(body) as object };
  }
}

const whatToDo = /with the same Idempotency-Key|Nothing was done; try again/;

t.test(
  'commands are under way at a leader that stands still',
  { timeout: 1_200_000 },
  async (t) => {
    const stations = await Stations.open(t);
    const leader = await stations.leads();
    const [follower] = [...stations.members.keys()].filter((name) => name !== leader) as [string];
    let number = 0;
    const process = (): ProcessBody => ({
      ...{ host: emptyHosts[number % emptyHosts.length]!, role: 'owned' },
      overrides: { lnid: `10.210.0.${(number += 1)}@tcp` },
    });
    /** Of one address, and for one attempt. */
    const at = (name: string) =>
      createClient({
        ...{ station: stations.member(name).url, token: stations.token },
        ...{ timeoutMs: patience, busyMs: 0 },
      });
    const ask = (name: string) => {
      const body = process();
      const key = { idempotencyKey: `under way ${number}` };
      const answer = answerOf(at(name).addProcess(body, key));
      return { name, body, key, answer };
    };
    const begun = Array.from({ length: 20 }, (_, i) => ask(i % 2 === 0 ? leader : follower));
    const halfBody = process();
    const half = await HalfSent.to(stations.member(leader).url, stations.token, 'half', halfBody);
    stations.freeze(leader);
    t.teardown(() => stations.thaw(leader));
    // The kernel takes these, and whoever follows has one to pass them on to.
    const later = Array.from({ length: 10 }, (_, i) => ask(i % 2 === 0 ? leader : follower));
    const next = await stations.leads([leader]);
    const finished = half.finish();
    stations.thaw(leader);

    const told = await finished;
    t.match(told, { status: 503, body: { code: 'not-leading', detail: whatToDo } });
    const all = [...begun, ...later];
    const codes = new Map<string, number>();
    for (const { answer } of all) {
      const said = await answer;
      if (typeof said === 'string') continue;
      if (!(said instanceof ApiError)) throw said;
      codes.set(said.code, (codes.get(said.code) ?? 0) + 1);
      t.match(said.code, /^(no-leader|not-leading|outcome-unknown|log-away|log-busy)$/);
      if (said.code !== 'log-busy') t.match(said.message, whatToDo);
    }
    t.comment(
      `${all.length} were under way; not answered with what was done: ${JSON.stringify([...codes])}`,
    );
    const fids = new Set<string>();
    for (const { name, body, key, answer } of all) {
      const { processes } = await insist(() => at(name).addProcess(body, key));
      const { fid } = processes[0]!;
      fids.add(fid);
      const said = await answer;
      if (typeof said === 'string') t.equal(fid, said, 'the same key, the same answer');
    }
    const { processes } = await insist(() =>
      at(leader).addProcess(halfBody, { idempotencyKey: 'half' }),
    );
    fids.add(processes[0]!.fid);
    t.equal(fids.size, all.length + 1);
    await agree(t, stations);
    const added = await eventsOf(stations, next, ['ProcessAdded']);
    t.same(
      added.map(({ data }) => (data as { fid: string }).fid).toSorted(),
      [...fids].toSorted(),
      'each is done once, and nothing else',
    );
  },
);
