/** The catalogue of checks, and what each of them makes of what machines print. Numbers are those of the acceptance cases. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Catalogue } from '../../src/checks/catalogue/index.ts';
import type { Finding, ProbeCheck } from '../../src/checks/check.ts';
import { clock } from '../../src/checks/catalogue/clock.ts';
import { dfWith, usualFull } from '../../src/checks/catalogue/df.ts';
import { gpuWith } from '../../src/checks/catalogue/gpu.ts';
import { mountsWith } from '../../src/checks/catalogue/mounts.ts';
import { commandCheck, nagiosFinding, nhcFinding } from '../../src/checks/catalogue/site.ts';
import { dstate } from '../../src/checks/catalogue/dstate.ts';
import { schedulerFinding } from '../../src/checks/catalogue/scheduler.ts';
import { slurmd } from '../../src/checks/catalogue/slurmd.ts';
import { users } from '../../src/checks/catalogue/users.ts';
import { load } from '../../src/checks/catalogue/load.ts';
import { memory } from '../../src/checks/catalogue/memory.ts';
import { bootOf, uptime } from '../../src/checks/catalogue/uptime.ts';
import { readShortState } from '../../src/checks/scheduler/slurm-states.ts';
import { until } from './ssh/sshd.ts';

const catalogue = new Catalogue();
const seen = 1_790_000_000_000;

const parsed = (check: ProbeCheck, output: string, exitCode = 0): Finding =>
  check.parse(output, exitCode, seen);

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

const usualPath = '/usr/sbin:/usr/bin:/sbin:/bin';

const shell = (check: ProbeCheck, sh = ['/bin/sh'], path = usualPath): Finding => {
  const [program = '', ...args] = [...sh, '-c', check.probe.join('\n')];
  const { stdout, status } = spawnSync(program, args, {
    env: { PATH: path, LC_ALL: 'C' },
    encoding: 'utf8',
  });
  return check.parse(stdout, status ?? -1, Date.now());
};

const probes = catalogue.all.filter((check): check is ProbeCheck => check.needs === 'probe');

t.test('every probe has something to say of this machine', async (t) => {
  t.ok(probes.length > 8);
  for (const check of probes) {
    const finding = shell(check);
    t.not(finding.verdict, 'unknown', `${check.id}: ${finding.text}`);
    t.notMatch(finding.text, /\n/);
  }
});

t.test('a machine that has BusyBox only is read as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-busybox-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const { status } = spawnSync('busybox', ['--install', '-s', folder]);
  t.equal(status, 0, 'busybox is there; scripts/setup brings it');
  for (const check of probes) {
    const finding = shell(check, [join(folder, 'sh')], folder);
    t.not(finding.verdict, 'unknown', `${check.id}: ${finding.text}`);
  }
});

t.test('one list of processes serves all who read it, and names what nobody knows', async (t) => {
  const reading = probes.filter(({ probe }) => probe === users.probe).map(({ id }) => id);
  t.same(reading, ['users', 'dstate', 'slurmd']);
  // An account without a name, and a process that bears the name of the daemon.
  const folder = mkdtempSync(join(tmpdir(), 'halcyon-processes-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  chmodSync(folder, 0o755);
  const named = join(folder, 'slurmd');
  copyFileSync('/bin/sleep', named);
  const uid = 60_000 + (process.pid % 5000);
  const other = spawn('setpriv', ['--reuid', String(uid), '--clear-groups', named, '1000']);
  t.teardown(() => other.kill());
  await once(other, 'spawn');
  const comm = (): string => readFileSync(`/proc/${other.pid}/comm`, 'utf8');
  await until('it bears the name', () => comm() === 'slurmd\n');
  t.match(shell(users), { verdict: 'ok', text: new RegExp(`\\b${uid}\\b`) });
  t.match(shell(slurmd), { verdict: 'ok', value: true });
  // A directory of accounts that does not answer.
  writeFileSync(join(folder, 'getent'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  const path = `${folder}:${usualPath}`;
  t.match(shell(users, ['/bin/sh'], path), { verdict: 'ok', text: new RegExp(`\\b${uid}\\b`) });
});

t.test('who is not shown the processes of others knows nothing of them', async (t) => {
  const whole = 'self 7\np 1 0 0\np 7 1 1000\nd nfsd\nslurmd no\nu 1000 ada\nend\n';
  t.match(parsed(dstate, whole), { verdict: 'warn', value: 1, text: '1 wait in the kernel: nfsd' });
  t.match(parsed(slurmd, whole), { verdict: 'fail', value: false });
  const [hidden, cut] = [whole.replace('p 1 0 0\n', ''), whole.replace('end\n', '')];
  for (const output of [hidden, cut])
    for (const check of [users, dstate, slurmd])
      t.match(parsed(check, output), { verdict: 'unknown', cause: 'unreadable' }, check.id);
});

t.test('garbage is never taken for a machine that is well, or for one that is dead', async (t) => {
  for (const check of probes)
    for (const garbage of ['', '\0', 'sh: ps: not found\n', 'Willkommen!\n'.repeat(1000)])
      t.ok(['unknown', 'skipped'].includes(check.parse(garbage, 1, seen).verdict), check.id);
});

const tmp = { name: 'tmp', path: '/tmp', notSeparate: 'warn', ...usualFull } as const;

t.test(
  '20: /tmp on the root file system is told to be no mount of its own, and policy decides',
  async (t) => {
    const output = (target: string): string =>
      [
        'Filesystem     1024-blocks      Used Available Capacity Mounted on',
        '/dev/sda1         10000000   9100000    900000      91% /',
        'tmpfs              1000000         0   1000000       0% /dev/shm',
        'at /tmp',
        `/dev/sda1         10000000   1000000   9000000      10% ${target}`,
        '',
      ].join('\n');
    const [all, one] = dfWith(usualFull, [tmp]);
    t.match(parsed(all!, output('/')), { verdict: 'warn', value: 0.91, text: /^\/ 91 % full, 2/ });
    t.match(parsed(one!, output('/')), {
      verdict: 'warn',
      value: 0.1,
      text: /not a separate mount/,
    });
    t.match(parsed(one!, output('/tmp')), {
      verdict: 'ok',
      value: 0.1,
      text: '10 % of 9.5 GiB full',
    });
    const [, lenient] = dfWith(usualFull, [{ ...tmp, notSeparate: 'ok' }]);
    t.match(parsed(lenient!, output('/')), { verdict: 'ok', text: /not a separate mount/ });
    t.match(parsed(one!, 'Filesystem\n'), { verdict: 'skipped' });
    t.equal(one!.probe, all!.probe, 'one df serves both');
  },
);

t.test(
  '21: users are people and not our own session, whatever their names and numbers',
  async (t) => {
    const long = 'a-name-of-thirty-three-characters';
    const output = [
      'self 210',
      'UID_MIN\t\t\t 500',
      // init, sshd, the sshd of our connection by root, the one of our account, its shell, this script, its ps
      ...[
        'p 1 0 0',
        'p 50 1 0',
        'p 200 50 0',
        'p 201 200 1001',
        'p 205 201 1001',
        'p 210 205 1001',
      ],
      'p 211 210 1001',
      // somebody else by the same account, a system user, a user of a directory, one without a name
      ...[
        'p 300 50 0',
        'p 301 300 1001',
        'p 400 1 499',
        'p 500 1 70001',
        'p 501 1 4242',
        'p 502 1 65534',
      ],
      'p 600 1 2000',
      ...['u 0 root', 'u 1001 checker', 'u 499 munge', 'u 70001 from-directory', `u 2000 ${long}`],
      ...['end', ''],
    ].join('\n');
    const finding = parsed(users, output);
    t.equal(finding.text, `4242, ${long}, checker, from-directory`);
    t.equal(finding.value, 4);
    const alone = parsed(users, output.replace('p 301 300 1001\n', ''));
    t.equal(alone.text, `4242, ${long}, from-directory`);
  },
);

t.test('23: a clock that is an hour ahead is told by itself, and a second is none', async (t) => {
  const at = (ms: number): Finding => clock.parse(`${Math.floor((seen + ms) / 1000)}\n`, 0, seen);
  t.match(at(3_600_000), { verdict: 'warn', value: 3600, text: '3600 s ahead' });
  t.match(at(-3_600_000), { verdict: 'warn', value: -3600, text: '3600 s behind' });
  t.match(at(1000), { verdict: 'ok', value: 1 });
});

t.test('61: eight GPUs expected, eight devices, seven by the driver', async (t) => {
  const output = [
    ...Array.from({ length: 8 }, (_, i) => `dev /dev/nvidia${i}`),
    ...Array.from({ length: 8 }, (_, i) => `gpu ${i}, 13211${i}`).filter((_, i) => i !== 5),
  ].join('\n');
  const finding = parsed(gpuWith({ expected: 8 }), output);
  t.match(finding, { verdict: 'fail', value: 7, text: /8 expected, 8 in \/dev, 7 .* lacks 5$/ });
  t.match(parsed(gpuWith({ expected: null }), output), { verdict: 'fail' });
  t.match(parsed(gpuWith({ expected: null }), 'no nvidia-smi\n'), { verdict: 'skipped' });
  t.match(parsed(gpuWith({ expected: 8 }), 'no nvidia-smi\n'), { verdict: 'unknown' });
});

t.test('mounts that should be there are looked for without touching them', async (t) => {
  const check = mountsWith(['/scratch', '/home data']);
  const proc = 'nfs:/a /home\\040data nfs rw,relatime 0 0\n/dev/sda1 / ext4 rw 0 0\n';
  t.match(parsed(check, proc), { verdict: 'fail', value: 1, text: 'not mounted: /scratch' });
  t.match(parsed(check, `${proc}beegfs /scratch beegfs rw 0 0\n`), { verdict: 'ok', value: 0 });
});

t.test('63: an ERROR of NHC has its check and message', async (t) => {
  const line = 'ERROR:  nhc:  Health check failed:  check_hw_ib:  No IB port mlx5_0:1 is ACTIVE.\n';
  t.match(nhcFinding(`${line}more\n`, 1), {
    verdict: 'fail',
    text: 'check_hw_ib:  No IB port mlx5_0:1 is ACTIVE.',
  });
  t.match(nhcFinding('ERROR: nhc: Health check failed: check_x: y\n', 1), { text: 'check_x: y' });
  t.match(nhcFinding('', 0), { verdict: 'ok' });
  t.match(nhcFinding('sh: nhc: not found\n', 127), { verdict: 'unknown' });
});

t.test('63: codes of Nagios plug-ins are verdicts, and 3 is unknown', async (t) => {
  const output = "DISK WARNING - 91% used | '/ root'=91.5%;90;95 inodes=3\nmore\n";
  t.match(nagiosFinding(output, 1), {
    verdict: 'warn',
    value: 91.5,
    text: 'DISK WARNING - 91% used',
  });
  t.match(nagiosFinding('OK\n', 0), { verdict: 'ok', value: null, text: 'OK' });
  t.match(nagiosFinding('CRITICAL\n', 2), { verdict: 'fail' });
  for (const code of [3, 4, 127, 255]) t.equal(nagiosFinding('?\n', code).verdict, 'unknown');
});

t.test('a command of the site is judged by its pattern', async (t) => {
  const raid = commandCheck({
    id: 'raid',
    command: 'cat /proc/mdstat',
    pattern: '\\[U+\\]',
    severity: 'warn',
  });
  t.match(parsed(raid, 'md0 : active\n  blocks [2/2] [UU]\n'), { verdict: 'ok', text: '[UU]' });
  t.match(parsed(raid, 'md0 : active\n  blocks [2/1] [U_]\n'), {
    verdict: 'warn',
    text: /^the pattern is not/,
  });
  t.match(parsed(raid, 'sh: cat: not found\n', 127), { verdict: 'unknown' });
  const fans = commandCheck({ id: 'fans', command: 'fans', pattern: 'rpm=(\\d+)' });
  t.match(parsed(fans, 'rpm=3000\n'), { verdict: 'ok', value: 3000 });
  const plain = commandCheck({ id: 'plain', command: 'true' });
  t.match([parsed(plain, '').verdict, parsed(plain, '', 1).verdict], ['ok', 'fail']);
});

t.test('what the scheduler says of a machine that takes no work is no ok', async (t) => {
  const verdictOf = (word: string): string =>
    schedulerFinding({
      ...{ node: 'n1', ...readShortState(word)!, reason: '', reasonUser: null, reasonAt: null },
      ...{ partitions: [], jobs: 0 },
    }).verdict;
  for (const word of ['idle', 'mix', 'alloc', 'idle-', 'resv'])
    t.equal(verdictOf(word), 'ok', word);
  for (const word of ['maint', 'idle$', 'mix$', 'drain', 'drng', 'idle~', 'idle@'])
    t.equal(verdictOf(word), 'warn', word);
  for (const word of ['down', 'down$', 'idle*', 'fail', 'inval'])
    t.equal(verdictOf(word), 'fail', word);
});
