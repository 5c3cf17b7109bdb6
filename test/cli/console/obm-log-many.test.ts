/** `halctl obm log` of several machines, through a station, from an OBM daemon, all real. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../ipmi/simulator.ts';
import type { SerialMachine } from '../../obm/serial-machine.ts';
import { scripts, watch } from '../station.ts';
import { addMachine, host, setUp } from './place.ts';
import type { Place } from './place.ts';

const other = 'n12.example';

/** Lets a machine say something, and waits until its log shows it. */
const say = async (
  { halctl }: Place,
  name: string,
  machine: SerialMachine,
  text: string,
): Promise<void> => {
  machine.say(`${text}\r\n`);
  await until('it is in the log', async () =>
    (await halctl(`obm log ${name} --grep '${text}'`)).out.includes(text),
  );
};

t.test('69: logs of several machines are one, by time, each line with its machine', async (t) => {
  const place = await setUp(t);
  const { halctl, machine } = place;
  const second = await addMachine(t, place, other);
  await say(place, host, machine, 'A one');
  await say(place, other, second, 'B two');
  await say(place, host, machine, 'C three');
  const both = await halctl(`obm log 'n[1,12].example' --since 2000-01-01T00:00:00Z`);
  t.match(both, { code: 0, err: '' });
  const lines = both.out.trimEnd().split('\n');
  t.same(
    lines.filter((line) => /Z [ABC] /.test(line)).map((line) => line.replace(/\S+Z/, 'TIME')),
    ['n1.example:  TIME A one', 'n12.example: TIME B two', 'n1.example:  TIME C three'],
  );
  t.ok(lines.some((line) => /^n12\.example: \S+Z -- connected: /.test(line)));
  const json = await halctl(`obm log ${host} ${other} --grep ' t' --json`);
  t.match(
    json.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object),
    [
      { host: other, at: Number, line: 'B two' },
      { host, at: Number, line: 'C three' },
    ],
  );
  t.match(JSON.parse((await halctl(`obm log ${host} --grep one --json`)).out), { host });

  const missing = await halctl(`obm log ${host} n99.example ${other} --grep ' t'`);
  t.match(missing, { code: 3, out: /B two\n.*C three\n/, err: /^halctl: n99\.example: .*\n/ });
  t.match(missing.err, /halctl: 1 of 3 hosts failed/);
  await halctl(`obm disable ${other}`);
  const differently = await halctl(`obm log n99.example ${other}`);
  t.match(differently, { code: 1, out: '', err: /n12\.example: [^]*halctl obm enable/ });
  t.match(await halctl("obm log 'n[1-17].example'"), {
    ...{ code: 2, err: /these are 17 machines: logs of at most 16/ },
  });
  t.match(await halctl(`obm log ${host} ${other} --export x.cast`), {
    ...{ code: 2, err: /--export is for one machine/ },
  });
});

t.test('several machines are followed as their lines come, until Ctrl-C', async (t) => {
  const place = await setUp(t);
  const { halctl, machine, env } = place;
  const second = await addMachine(t, place, other);
  const words = ['obm', 'log', host, other, 'n99.example', '--follow'];
  const child = spawn(join(scripts, 'halctl'), words, { env });
  t.teardown(() => child.kill('SIGKILL'));
  const [screen, said] = [watch(child.stdout), watch(child.stderr)];
  const ended = once(child, 'close');
  for (const [one, sign, text] of [
    [second, 'n12.example: ', 'from the other'],
    [machine, 'n1.example:  ', 'from the one'],
  ] as const)
    await until(text, async () => {
      one.say(`${text}\r\n`);
      return screen.text.split('\n').some((l) => l.startsWith(sign) && l.endsWith(`Z ${text}`));
    });
  await said.until((text) => text.includes('halctl: n99.example: '));
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
  for (const name of [host, other])
    await until('he is there no more', async () => {
      const { out } = await halctl(`obm console ${name} --list --json`);
      return (JSON.parse(out) as { connections: unknown[] }).connections.length === 0;
    });
});
