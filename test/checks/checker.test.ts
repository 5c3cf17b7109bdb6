/** A station that looks at machines by a process of its own. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import t from 'tap';
import { readCheckFile } from '../../src/checks/settings/read.ts';
import type { CheckSettings } from '../../src/checks/settings/settings.ts';
import { foundPerLine } from '../../src/checks/sweep/protocol.ts';
import { openStation, reported, runStation, temporary, until } from '../station/harness.ts';

const settings = (text: string): CheckSettings => readCheckFile({ name: 'checks.yaml', text });

const often =
  'checks: [ping]\nperiods: {ping: 1, agent: 1, ipmi: 1, power: 1}\ntimeouts: {ping: 0.5}\n';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const childrenOf = (pid: number): number[] => {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
};

t.test('a station pings the machines that it has, at the addresses of their agents', async (t) => {
  const { ask, station } = await openStation(t, { checks: settings(often) });
  const { observations } = station;
  for (const [fqdn, address] of [
    ['up.example', '127.0.0.1'],
    ['0', '127.0.0.2'],
  ] as const) {
    await ask('POST', '/hosts', { fqdn });
    await ask('PUT', `/hosts/${fqdn}/facts`, reported(address));
  }
  await ask('POST', '/hosts', { fqdn: 'nowhere.invalid' });
  await until('all three', () =>
    ['up.example', '0', 'nowhere.invalid'].every((fqdn) => observations.of(fqdn, 'ping')),
  );
  t.match(observations.of('up.example', 'ping'), { verdict: 'ok' });
  t.match(observations.of('0', 'ping'), { verdict: 'ok' });
  t.match(observations.of('nowhere.invalid', 'ping'), {
    verdict: 'unknown',
    cause: 'dns',
  });
  t.match(observations.of('up.example', 'agent'), { verdict: 'ok', value: 'up' });
  t.match(observations.of('up.example', 'power'), { verdict: 'skipped' });
});

t.test(
  'without a file the station starts no process, and knows what it knows anyway',
  async (t) => {
    const { ask, station } = await openStation(t);
    await ask('POST', '/hosts', { fqdn: 'n1.example' });
    await until('what is known', () => station.observations.of('n1.example', 'agent'));
    t.match(station.observations.of('n1.example', 'agent'), { verdict: 'unknown' });
    t.match(station.observations.of('n1.example', 'ipmi'), { verdict: 'skipped' });
    t.equal(station.checks.pid, null);
  },
);

t.test('a process that dies is started again, and what it was asked is asked again', async (t) => {
  const { ask, station } = await openStation(t, { checks: settings(often) });
  await ask('POST', '/hosts', { fqdn: 'n1.example' });
  await ask('PUT', '/hosts/n1.example/facts', reported('127.0.0.1'));
  const seen = (): number => station.observations.of('n1.example', 'ping')?.observedAt ?? 0;
  await until('a first look', seen);
  const { pid } = station.checks;
  process.kill(pid!, 'SIGKILL');
  const before = seen();
  await until('another process', () => station.checks.pid !== null && station.checks.pid !== pid);
  await until('another look', () => seen() > before);
  const last = station.checks.pid!;
  await station.close();
  await until('its end', () => !isAlive(last));
});

t.test('the process dies with its station, however that dies', async (t) => {
  const directory = temporary(t);
  const file = join(directory, 'checks.yaml');
  writeFileSync(file, often);
  const data = join(directory, 'data');
  const flags = ['--data', data, '--listen', '127.0.0.1:0', '--checks', file];
  const station = runStation(t, flags);
  const children = (): number[] => childrenOf(station.process.pid!);
  await until('its process', () => children().length > 0);
  const [pid] = children();
  station.process.kill('SIGKILL');
  await until('its end', () => !isAlive(pid!));
  t.notOk(isAlive(pid!));
});

t.test('a file with a mistake keeps the station from starting, and says where it is', async (t) => {
  const directory = temporary(t);
  const file = join(directory, 'checks.yaml');
  writeFileSync(file, 'checks: [ping]\nperiodes: {}\n');
  const station = runStation(t, ['--data', join(directory, 'data'), '--checks', file]);
  await until('its end', () => station.process.exitCode !== null);
  t.equal(station.process.exitCode, 1);
  t.match(
    station.stderr(),
    /checks\.yaml:2:1: periodes: Unknown key "periodes"\. Did you mean "periods"\?/,
  );
});

t.test('what was confirmed is in the log, and is believed by the next station', async (t) => {
  const first = await openStation(t, { checks: settings(often) });
  await first.ask('POST', '/hosts', { fqdn: 'n1.example' });
  await first.ask('PUT', '/hosts/n1.example/facts', reported('127.0.0.1'));
  const confirmed = (): string[] =>
    (first.station.graph.get('health', 'n1.example')?.checks ?? []).map(({ check }) => check);
  await until('a confirmed ping', () => confirmed().includes('ping'));
  const revision = first.station.graph.must('health', 'n1.example').changed;
  await until('more looks', () => first.station.observations.version > 40);
  t.equal(
    first.station.graph.must('health', 'n1.example').changed,
    revision,
    'no look is an event',
  );
  await first.station.close();
  const { station } = await openStation(t, {
    ...{ directory: first.directory, admin: first.admin },
    checks: settings(`verdicts: {needed: 2, of: 2}\n${often}`),
  });
  t.match(
    station.graph.must('health', 'n1.example').checks.find(({ check }) => check === 'ping'),
    {
      verdict: 'ok',
    },
  );
  await until('a look', () => station.observations.of('n1.example', 'ping'));
  t.equal(station.observations.of('n1.example', 'ping')?.soft, undefined);
});

t.test('ten thousand machines change at once: many commits, and no long turn', async (t) => {
  const { station } = await openStation(t);
  const names = Array.from({ length: 10_000 }, (_, i) => `n${i}.example`);
  for (let from = 0; from < names.length; from += 500)
    await Promise.all(
      names
        .slice(from, from + 500)
        .map((fqdn) =>
          station.submit({ type: 'RegisterHost', fqdn }, { actor: 'test' }, () => null),
        ),
    );
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = station.head;
  delay.enable();
  const observedAt = Date.now();
  for (let from = 0; from < names.length; from += foundPerLine) {
    station.checks.take(
      names.slice(from, from + foundPerLine).map((machine) => ({
        ...{ machine, check: 'ping', verdict: 'ok', value: 0.001, text: '1 ms' },
        ...{ observedAt, durationMs: 1 },
      })),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until('all in the log', () =>
    station.graph.get('health', 'n9999.example')?.checks.some(({ check }) => check === 'ping'),
  );
  delay.disable();
  t.comment(`${station.head - before} commits, longest turn ${Math.round(delay.max / 1e6)} ms`);
  t.ok(delay.max / 1e6 < 250, `longest turn ${Math.round(delay.max / 1e6)} ms`);
});
