/** The console of OpenIPMI's simulator, kept by the hub and logged. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openConsole, releaseConsole } from '../../../src/ipmi/index.ts';
import { ConsoleHub } from '../../../src/obm/console/hub.ts';
import type { Console, Recorder } from '../../../src/obm/console/console.ts';
import type { LinkChange } from '../../../src/obm/console/link-keeper.ts';
import { usualLink, usualSettings, usualViewerLimits } from '../../../src/obm/console/settings.ts';
import type { LinkSettings } from '../../../src/obm/console/settings.ts';
import { ipmi } from '../../../src/obm/drivers/ipmi/ipmi.ts';
import { systemRandom, systemTime } from '../../../src/obm/time.ts';
import { startFakeHost } from '../../ipmi/fake-host.ts';
import type { FakeHost } from '../../ipmi/fake-host.ts';
import { clientFor, sessionWith, startSimulator, until } from '../../ipmi/simulator.ts';
import type { Simulator } from '../../ipmi/simulator.ts';
import { noSession } from '../drivers.ts';
import { Spectator } from './played.ts';
import { openRecordings, storyOf, textsOf } from './recorded.ts';

interface Kept {
  readonly host: FakeHost;
  readonly simulator: Simulator;
  readonly console: Console;
  readonly changes: LinkChange[];
  readonly attach: (principal?: string) => ReturnType<Console['attach']> & { seen: Spectator };
}

const keep = async (
  t: Test,
  {
    link,
    recorder = null,
    echoes = false,
    before,
  }: {
    readonly link?: Partial<LinkSettings>;
    readonly recorder?: Recorder | null;
    readonly echoes?: boolean;
    readonly before?: (simulator: Simulator) => Promise<void>;
  } = {},
): Promise<Kept> => {
  const host = await startFakeHost(t, { echoes });
  const simulator = await startSimulator(t, host.port);
  await until('the serial line is connected', host.isConnected);
  await before?.(simulator);
  const driver = ipmi.open(
    { addr: '127.0.0.1', port: simulator.port, user: 'admin', pass: 'secret', suites: [3] },
    {
      ...{ ipmi: clientFor(t), time: systemTime, random: systemRandom, privateDirectory: '' },
      session: noSession,
    },
  );
  t.teardown(() => driver.close());
  const hub = new ConsoleHub(usualViewerLimits);
  const changes: LinkChange[] = [];
  const console = hub.add({
    ...{ label: 'n1', epoch: 1, recorder },
    open: (sink, signal) => driver.openConsole!(sink, signal),
    release: (signal) => driver.releaseConsole!(signal),
    ...{ time: systemTime, random: systemRandom },
    settings: { ...usualSettings, link: { ...usualLink, ...link } },
    audit: () => undefined,
    changed: (change) => changes.push(change),
  });
  t.teardown(() => hub.close());
  const attach: Kept['attach'] = (principal = 'alice') => {
    const seen = new Spectator();
    const viewer = console.attach({
      ...{ principal, source: '192.0.2.1', epoch: 1, mayWrite: true, onSlow: 'cut', right: 't1' },
      ...{ signal: new AbortController().signal, from: { back: 1e9 }, sink: seen },
    });
    return Object.assign(viewer, { seen });
  };
  return { host, simulator, console, changes, attach };
};

const isConnected = ({ console }: Kept): boolean => console.status().link.kind === 'connected';

t.test('56: what a simulated machine writes while nobody looks is in the log', async (t) => {
  const { recordings } = await openRecordings(t);
  const recorder = await recordings.record('n1', 1);
  const kept = await keep(t, { recorder });
  await until('the console is connected', () => isConnected(kept));
  kept.host.write('booting\r\nZażółć gęślą jaźń 漢字\r\n');
  await until('it is logged', async () => (await textsOf(recorder)).length === 2);
  t.same(await textsOf(recorder), ['booting', 'Zażółć gęślą jaźń 漢字']);
  const { seen } = kept.attach();
  kept.host.write('login: ');
  await until('the prompt is seen', () => seen.text.endsWith('login: '));
  t.equal(seen.bytes.toString(), 'booting\r\nZażółć gęślą jaźń 漢字\r\nlogin: ');
});

t.test('64: a burst of 160 KB is complete in the log and to all who look', async (t) => {
  const { recordings } = await openRecordings(t);
  const recorder = await recordings.record('n1', 1);
  const kept = await keep(t, { recorder });
  const viewers = [kept.attach(), kept.attach('bob')];
  await until('the console is connected', () => isConnected(kept));
  const lines = Array.from({ length: 2_000 }, (_, i) => String(i).padStart(78, '.'));
  kept.host.write(lines.map((line) => `${line}\r\n`).join(''));
  await until('all is seen', () => viewers.every(({ seen }) => seen.bytes.length >= 160_000));
  for (const { seen } of viewers) t.equal(seen.text, `${lines.join('\r\n')}\r\n`);
  t.same(await textsOf(recorder), lines);
});

t.test('63: a paste of 4 KiB, 8-bit bytes and a break arrive exactly', async (t) => {
  const kept = await keep(t);
  const viewer = kept.attach();
  await until('the console is connected', () => isConnected(kept));
  kept.console.requestWriter(viewer);
  // The simulator's line has two bytes of its own.
  const bytes = Array.from({ length: 4_096 }, (_, i) => i % 256).map((byte) =>
    byte === 243 || byte === 255 ? 0x20 : byte,
  );
  await kept.console.write(viewer, Buffer.from(bytes));
  await kept.console.sendBreak(viewer);
  await kept.console.write(viewer, Buffer.from('\r\nend'));
  await until('all has arrived', () => kept.host.typed().endsWith('end'));
  t.equal(kept.host.typed(), `${Buffer.from(bytes).toString('latin1')}\r\nend`);
  t.equal(kept.host.breaks(), 1);
});

t.test(
  '59: a console that somebody takes is noticed within 10 s, waited for, and had again',
  async (t) => {
    const kept = await keep(t, { link: { askedMs: 0 } });
    const { seen } = kept.attach();
    await until('the console is connected', () => isConnected(kept));
    const other = await sessionWith(t, kept.simulator);
    const began = performance.now();
    await releaseConsole(other);
    const theirs = await openConsole(other, { data: () => undefined });
    await until('it is noticed', () => !isConnected(kept));
    t.ok(performance.now() - began < 10_000);
    await until('who has it is known', () => {
      const { link } = kept.console.status();
      return link.kind === 'waiting' && link.reason.reason === 'console-taken';
    });
    let isTheirs = true;
    void theirs.ended.then(() => (isTheirs = false));
    kept.console.reconnectNow({ principal: 'alice', source: '192.0.2.1' });
    await until('it was asked for', () => kept.console.status().link.kind === 'waiting');
    t.ok(isTheirs, 'it is not fought over');
    await theirs.close();
    await until('it is had again', () => {
      if (kept.console.status().link.kind === 'waiting')
        kept.console.reconnectNow({ principal: 'alice', source: '192.0.2.1' });
      return isConnected(kept);
    });
    kept.host.write('ours again');
    await until('it is seen', () => seen.text === 'ours again');
    t.ok(seen.kinds.includes('lost'));
  },
);

t.test('case 12: a console that dies silently is mended within 15 s, its gap marked', async (t) => {
  const kept = await keep(t);
  const { seen } = kept.attach();
  await until('the console is connected', () => isConnected(kept));
  kept.host.write('before');
  await until('it is seen', () => seen.text === 'before');
  const began = performance.now();
  await releaseConsole(await sessionWith(t, kept.simulator));
  await until('it is noticed', () => !isConnected(kept));
  await until('it is mended', () => isConnected(kept));
  t.ok(performance.now() - began < 15_000, `${performance.now() - began} ms`);
  kept.host.write('after');
  await until('it is seen', () => seen.text === 'beforeafter');
  t.match(seen.story, /before<lost><(gap|connected)>after/);
});

t.test(
  '60: the console of a process that was killed is had again: taken back once, after a wait',
  async (t) => {
    const kept = await keep(t, {
      link: { staleMs: 100 },
      before: async ({ port }) => {
        const child = spawn(
          process.execPath,
          [join(import.meta.dirname, 'killed-holder.ts'), String(port)],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        );
        await once(child.stdout, 'data');
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    });
    const { seen } = kept.attach();
    await until('the console is connected', () => isConnected(kept));
    kept.host.write('here');
    await until('it is seen', () => seen.text === 'here');
  },
);

t.test(
  '61: a BMC that hung and comes back is had again, although it still knows our old session',
  async (t) => {
    const { recordings } = await openRecordings(t);
    const recorder = await recordings.record('n1', 1);
    const kept = await keep(t, { recorder, link: { staleMs: 100, askedMs: 0 } });
    await until('the console is connected', () => isConnected(kept));
    kept.simulator.child.kill('SIGSTOP');
    await until('it is noticed', () => !isConnected(kept));
    kept.simulator.child.kill('SIGCONT');
    await until('it is had again', () => isConnected(kept));
    kept.host.write('after');
    await until('it is logged', async () => (await storyOf(recorder)).endsWith('after'));
    t.match(await storyOf(recorder), /^<connected><lost>.*<(gap|connected)>after$/);
  },
);

t.test('62: what is done to a machine stands in its log, where it was done', async (t) => {
  const { recordings } = await openRecordings(t);
  const recorder = await recordings.record('n1', 1);
  const kept = await keep(t, { recorder });
  await until('the console is connected', () => isConnected(kept));
  kept.host.write('going down\r\n');
  await until('it is logged', async () => (await storyOf(recorder)).endsWith('down\r\n'));
  kept.console.mark('power', 'reset by alice');
  kept.host.write('coming up\r\n');
  await until('it is logged', async () => (await storyOf(recorder)).endsWith('up\r\n'));
  t.equal(await storyOf(recorder), '<connected>going down\r\n<power>coming up\r\n');
  t.ok(isConnected(kept), 'the stream stays');
});
