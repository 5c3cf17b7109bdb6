/** Changes of the fleet as a stream: told at once, after a break what was missed, and only to whom they are for. */

import type { AddressInfo } from 'node:net';
import t from 'tap';
import type { Test } from 'tap';
import type { Observation } from '../../src/checks/observation.ts';
import { readEventStream } from '../../src/client/event-stream.ts';
import { openStation, until } from '../station/harness.ts';
import type { InProcess, Json } from '../station/harness.ts';
import { ours, theirs, twoProjects } from './two-projects.ts';

interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: Json;
}

class Reading {
  readonly told: Told[] = [];
  readonly #leaving = new AbortController();

  constructor(url: string, token: string, lastSeen?: string) {
    void this.#read(url, {
      accept: 'text/event-stream',
      authorization: `Bearer ${token}`,
      ...(lastSeen === undefined ? {} : { 'last-event-id': lastSeen }),
    });
  }

  leave(): void {
    this.#leaving.abort();
  }

  /** Names of machines that were told of, and of those that were told gone with a `-`. */
  get names(): string[] {
    return this.told
      .filter(({ event }) => event === 'change')
      .flatMap(({ data }) => [
        ...data.nodes.map(({ name }: Json) => name),
        ...data.gone.map((name: string) => `-${name}`),
      ]);
  }

  async #read(url: string, headers: Record<string, string>): Promise<void> {
    try {
      const { body } = await fetch(url, { headers, signal: this.#leaving.signal });
      for await (const { id, event, data } of readEventStream(body!))
        if (data) this.told.push({ id: id ?? '', event: event ?? '', data: JSON.parse(data) });
    } catch {
      // It was left.
    }
  }
}

const served = async (t: Test, opened: InProcess) => {
  await opened.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = opened.app.server.address() as AddressInfo;
  return (query = '', token = opened.admin, lastSeen?: string): Reading => {
    const reading = new Reading(`http://127.0.0.1:${port}/api/v1/fleet${query}`, token, lastSeen);
    t.teardown(() => reading.leave());
    return reading;
  };
};

const seen = (machine: string, verdict: Observation['verdict']): Observation => ({
  ...{ machine, check: 'ssh', verdict, value: null, text: '' },
  ...{ observedAt: Date.now(), durationMs: 1 },
});

t.test(
  '56: whoever was away is told what it missed, and of what is not known any more to read anew',
  async (t) => {
    const opened = await openStation(t);
    for (const fqdn of ['n1', 'n2', 'n3']) await opened.ask('POST', '/hosts', { fqdn });
    const { observations } = opened.station;
    const read = await served(t, opened);
    const first = read();
    await until('the start', () => first.told[0]);
    t.equal(first.told[0]!.event, 'start');
    observations.record([seen('n1', 'fail')]);
    await until('a change', () => first.names[0]);
    t.same(first.names, ['n1']);
    t.match(first.told.at(-1)?.data.nodes, [
      { state: 'dark', checks: { ssh: { verdict: 'fail' } } },
    ]);
    const { id } = first.told.at(-1)!;
    first.leave();
    observations.record([seen('n2', 'fail')]);
    observations.record([seen('n2', 'ok')]);
    await opened.ask('DELETE', '/hosts/n3');
    const again = read('', opened.admin, id);
    await until('what it missed', () => again.names.length === 2);
    t.same(again.names.sort(), ['-n3', 'n2']);
    t.match(
      again.told.flatMap(({ data }) => data.nodes),
      [{ name: 'n2', state: 'up' }],
      'as it is now, once',
    );
    const stranger = read('', opened.admin, '1-5');
    await until('a reset', () => stranger.told[0]);
    t.equal(stranger.told[0]!.event, 'reset');
  },
);

t.test('a stream tells what passes its filter, and what does not any more', async (t) => {
  const opened = await openStation(t);
  for (const fqdn of ['n1', 'n2']) await opened.ask('POST', '/hosts', { fqdn });
  const read = await served(t, opened);
  const reading = read('?filter=ssh:down');
  await until('the start', () => reading.told[0]);
  opened.station.observations.record([seen('n1', 'fail'), seen('n2', 'ok')]);
  await until('both', () => reading.names.length === 2);
  t.same(reading.names.sort(), ['-n2', 'n1']);
  opened.station.observations.record([seen('n1', 'ok')]);
  await until('it does not pass', () => reading.names.length === 3);
  t.equal(reading.names[2], '-n1');
});

t.test('a member is told of its machines only, until it loses them', async (t) => {
  const opened = await twoProjects(t);
  const read = await served(t, opened);
  const reading = read('', opened.viewer);
  await until('the start', () => reading.told[0]);
  opened.station.observations.record([seen(theirs, 'fail')]);
  opened.station.observations.record([seen(ours, 'fail')]);
  await until('a change', () => reading.names[0]);
  t.same(reading.names, [ours]);
  t.notMatch(JSON.stringify(reading.told), theirs);
});
