/** Reasons and events of a type in a long log: by its index, and by looking through the log. */

import { revision } from '../../src/core/values/revision.ts';
import { explain, findResource } from '../../src/station/queries/why.ts';
import { LogIndex } from '../../src/station/replica/log-index.ts';
import type { Term } from '../../src/station/replica/log-index.ts';
import { systemTime } from '../../src/station/time.ts';
import { median, report } from './report.ts';
import { bench, fqdn, nodeUp, nothing, openStation, withDirectory } from './station.ts';

const hosts = 10_000;
const rounds = 10;
/** Hosts that are asked about: one answer alone is as long as what else the machine did meanwhile. */
const asked = 101;

await withDirectory(async (directory) => {
  const station = await openStation(directory);
  const { log } = station;
  for (let round = 0; round < rounds; round += 1)
    for (let i = 0; i < hosts; i += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, (_, k) =>
          station.submit(nodeUp(i + k, round), bench, nothing),
        ),
      );
  await station.submit({ type: 'RemoveHost', fqdn: fqdn(0), force: false }, bench, nothing);

  const started = performance.now();
  while (station.index.position < log.head()) await station.index.fill();
  const filled = performance.now() - started;
  // One that never takes in anything finds everything by looking.
  const logger = { info: nothing, warn: nothing, error: nothing };
  const none = new LogIndex({ log, directory, logger, time: systemTime });

  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const before = performance.now();
    await work();
    return performance.now() - before;
  };
  const turn = await station.turns.begin('bench', new AbortController().signal);
  const why = (index: LogIndex, host = 1): Promise<number> =>
    timed(() => explain(log, index, findResource(station.graph, fqdn(host))!, turn));
  const rare: readonly Term[] = ['type HostRemoved'];
  const events = (index: LogIndex): Promise<number> =>
    timed(async () => {
      for await (const { after, to } of index.stretches(rare, revision(0), log.head()))
        for await (const { revision } of log.read(after, to))
          if (revision > after && turn.isOver) await turn.next();
    });
  const scanned = { why: await why(none), events: await events(none) };
  const answers: number[] = [];
  for (let host = 1; host <= asked; host += 1) answers.push(await why(station.index, host));
  const indexed = { why: median(answers), events: await events(station.index) };

  const through = 'looking through the log, ms';
  report(`reasons and rare events in a log of ${log.head().toLocaleString('en-US')} commits`, [
    {
      name: `why, of a host with ${rounds} reports, median of ${asked}`,
      value: indexed.why,
      unit: 'ms',
      limit: { name: through, value: scanned.why },
      target: { atMost: 0.1 },
    },
    {
      name: 'events of a type that came once',
      value: indexed.events,
      unit: 'ms',
      limit: { name: through, value: scanned.events },
      target: { atMost: 0.1 },
    },
    { name: 'commits indexed', value: (log.head() * 1000) / filled, unit: '/s' },
  ]);
  await station.close();
});
