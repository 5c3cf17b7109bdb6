/** The catalogue of checks, and what each of them makes of what machines print. Numbers are those of the acceptance cases. */

import t from 'tap';
import { Catalogue } from '../../src/checks/catalogue/index.ts';
import type { Finding, ProbeCheck } from '../../src/checks/check.ts';
import { load } from '../../src/checks/catalogue/load.ts';
import { memory } from '../../src/checks/catalogue/memory.ts';
import { bootOf, uptime } from '../../src/checks/catalogue/uptime.ts';

const catalogue = new Catalogue();

const parsed = (check: ProbeCheck, output: string, exitCode = 0): Finding =>
  check.parse(output, exitCode);

t.test(
  'each check has an id of its own, a unit that fits, and a parent that is there',
  async (t) => {
    const ids = catalogue.all.map(({ id }) => id);
    t.equal(new Set(ids).size, ids.length);
    for (const { id, parent, timeoutSeconds, periodSeconds, description } of catalogue.all) {
      t.match(id, /^[a-z][a-z0-9-]*(\/[a-z0-9-]+)?$/);
      t.ok(parent === undefined || catalogue.find(parent), id);
      t.ok(timeoutSeconds > 0 && periodSeconds >= timeoutSeconds, id);
      t.match(description, /\.$/);
    }
  },
);

t.test('10: a check that was mistyped has the one that was meant', async (t) => {
  t.equal(catalogue.find('pnig'), undefined);
  t.equal(catalogue.near('pnig'), 'ping');
  t.equal(catalogue.near('loads'), 'load');
  t.equal(catalogue.near('quite-another'), undefined);
  for (const name of ['constructor', '__proto__', '0']) t.equal(catalogue.find(name), undefined);
});

t.test(
  '22: uptime is right after five minutes, after an hour and a half, after days',
  async (t) => {
    const id = '3b0fe1c1-8f7b-4a4e-9c57-0a0a4b4ef9f1';
    const text = (seconds: string): string => parsed(uptime, `${seconds} 100.00\n${id}\n`).text;
    t.equal(text('300.12'), `up 5 min, boot ${id}`);
    t.equal(text('5760.01'), `up 1 h 36 min, boot ${id}`);
    t.equal(text('1047600.55'), `up 12 d 3 h, boot ${id}`);
    t.equal(text('7.00'), `up 7 s, boot ${id}`);
    t.same(bootOf(`5.00 1.00\ncat: boot_id: Permission denied\n`), {
      uptimeSeconds: 5,
      bootId: null,
    });
    for (const garbage of ['', 'Welcome!\n', '\x1b[31m', '5,00 1,00'])
      t.match(parsed(uptime, garbage), { verdict: 'unknown', cause: 'unreadable', value: null });
  },
);

t.test('22: load keeps its last digit and warns by the number of processors', async (t) => {
  t.match(parsed(load, '22.27 1.05 0.40 3/812 11922\nprocessors=64\n'), {
    verdict: 'ok',
    value: 22.27,
    text: '22.27 1.05 0.40, 64 processors',
  });
  t.match(parsed(load, '0.10 8.00 9.00 3/812 11922\nprocessors=2\n'), { verdict: 'warn' });
  t.match(parsed(load, '0.10 8.00 9.00 3/812 11922\n'), { verdict: 'ok' });
  t.match(parsed(load, 'load average: 0,10'), { verdict: 'unknown', cause: 'unreadable' });
});

t.test('memory is what is taken and cannot be dropped, on old kernels too', async (t) => {
  const total = 'MemTotal:       65773132 kB\nMemFree:         1000000 kB\n';
  t.match(parsed(memory, `${total}MemAvailable:   60000000 kB\n`), { verdict: 'ok' });
  const old = parsed(
    memory,
    `${total}Buffers: 0 kB\nCached:         60000000 kB\nSwapCached: 4 kB\n`,
  );
  t.match(old, { verdict: 'ok', text: '7 % of 62.7 GiB taken' });
  t.match(parsed(memory, `${total}MemAvailable:     600000 kB\n`), { verdict: 'fail' });
  t.match(parsed(memory, 'MemTotal: 0 kB\n'), { verdict: 'unknown' });
});
