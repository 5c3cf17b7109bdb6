/** Numbers that checks found of a machine, over HTTP. */

import t from 'tap';
import { sampleSeconds } from '../../src/core/values/samples.ts';
import { openStation } from '../station/harness.ts';
import { ours, theirs, twoProjects } from './two-projects.ts';

const host = 'n1.example';
const stepMs = sampleSeconds * 1000;

const found = (check: string, observedAt: number, value: number | string) => ({
  ...{ machine: host, check, verdict: 'ok' as const, value, text: 'so', observedAt, durationMs: 3 },
});

t.test('a machine’s numbers of the last day are told for plots', async (t) => {
  const { ask, station } = await openStation(t);
  await ask('POST', '/hosts', { fqdn: host });
  const path = `/hosts/${host}/measurements`;
  t.match((await ask('GET', path)).body, { machine: host, step: sampleSeconds, series: [] });
  const now = Math.floor(Date.now() / stepMs) * stepMs;
  for (const [i, value] of [0.5, 1.5, 2.5].entries())
    station.observations.record([found('load', now + (i - 2) * stepMs + 7, value)]);
  station.observations.record([found('ping', now, 0.25), found('ssh', now, 'OpenSSH')]);
  const { body } = await ask('GET', path);
  t.match(
    body.series.map(({ check, type, unit, points }: Record<string, unknown>) => [
      check,
      type,
      unit,
      points,
    ]),
    [
      ['ping', 'seconds', 's', [[now, 0.25]]],
      [
        'load',
        'count',
        null,
        [
          [now - 2 * stepMs, 0.5],
          [now - stepMs, 1.5],
          [now, 2.5],
        ],
      ],
    ],
  );
  const of = async (query: string): Promise<unknown> =>
    (await ask('GET', `${path}?${query}`)).body.series.map(
      ({ check, points }: Record<string, unknown[]>) => [check, points!.length],
    );
  t.same(await of('checks=load'), [['load', 3]]);
  t.same(await of('checks=load,ping'), [
    ['ping', 1],
    ['load', 3],
  ]);
  t.same(await of(`checks=load&since=${now}`), [['load', 1]]);
  t.match(await ask('GET', `${path}?checks=laod`), {
    status: 400,
    body: { field: 'checks', detail: /did you mean "load"/ },
  });
  t.match(await ask('GET', '/hosts/n9.example/measurements'), { status: 404 });
});

t.test('a member is told numbers of its machines, since it has them', async (t) => {
  const { ask, viewer, station } = await twoProjects(t);
  const now = Math.floor(Date.now() / stepMs) * stepMs;
  for (const at of [now - stepMs, now + 2 * stepMs])
    station.observations.record([{ ...found('load', at, 1), machine: ours }]);
  const asked = { token: viewer };
  const { body } = await ask('GET', `/hosts/${ours}/measurements`, undefined, asked);
  t.match(body.series, [{ check: 'load', points: [[now + 2 * stepMs, 1]] }]);
  t.equal(body.series[0].points.length, 1);
  t.not((await ask('GET', `/hosts/${theirs}/measurements`, undefined, asked)).status, 200);
});
