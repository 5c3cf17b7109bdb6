/** `halctl obm send`: people write to the consoles of machines, through a station and an OBM daemon, all real. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../ipmi/simulator.ts';
import { scripts, shell } from '../station.ts';
import type { Ran } from '../station.ts';
import { addMachine, host, seated, setUp, sit } from './place.ts';
import type { Place } from './place.ts';

const other = 'n12.example';

/** Writes again and again, until what comes of it is there in time. */
const answered = async (
  { halctl }: Pick<Place, 'halctl'>,
  words: string,
  isThere: (out: string) => boolean,
): Promise<Ran> => {
  let ran: Ran | undefined;
  await until('it answers in time', async () => isThere((ran = await halctl(words)).out));
  return ran!;
};

t.test(
  'several machines are written to, and what each answers is shown with its name',
  async (t) => {
    const place = await setUp(t);
    const { halctl, machine } = place;
    const second = await addMachine(t, place, other);
    const both = `obm send 'n[1,12].example'`;
    t.match(await halctl(`${both} --line uptime`), {
      ...{
        code: 2,
        out: '',
        err: /consoles of 2 machines: n\[1,12\]\.example: say how many[^]*--count 2/,
      },
    });
    t.match(await halctl(`${both} --line uptime --count 3`), { code: 2, err: /2 machines, not 3/ });
    t.equal(machine.typed.length + second.typed.length, 0, 'nothing was written');

    const text = "$'up\\e[2J\\e]0;x\\a\\nüp\\x05'";
    const sent = await answered(place, `${both} --text ${text} --count 2`, (out) =>
      ['n1.example:  üp', 'n12.example: üp'].every((line) => out.includes(line)),
    );
    t.match(sent, { code: 0, err: /^Written to 2 machines: n\[1,12\]\.example\.\n$/ });
    t.same(
      sent.out.trimEnd().split('\n').sort(),
      ['n1.example:  up', 'n1.example:  üp␅', 'n12.example: up', 'n12.example: üp␅'],
      'nothing that a terminal acts on',
    );
    for (const { typed } of [machine, second])
      t.ok(typed.toString().endsWith('up\x1b[2J\x1b]0;x\x07\nüp\x05'), 'as it was given');

    const json = await answered(
      place,
      `${both} --line again --json --count 2`,
      (out) => out.split('"again"').length === 3,
    );
    t.match(JSON.parse(json.out), {
      results: [
        { host, ok: true, reply: { host, lines: ['again'], cut: false } },
        { host: other, ok: true, reply: { host: other, lines: ['again'] } },
      ],
    });
    t.ok(machine.typed.toString('latin1').endsWith('again\r'), 'a line ends with the key Enter');

    const missing = await answered(
      place,
      `obm send ${host} n99.example --line here --count 2`,
      (out) => out !== '',
    );
    t.match(missing, {
      code: 3,
      out: /^n1\.example:  here\n$/,
      err: /n99\.example: [^]*1 of 2 hosts/,
    });
    const { out } = await halctl(`obm console ${host} --list --json`);
    t.same(JSON.parse(out), { connections: [] }, 'whoever has written is there no more');
  },
);

t.test('one machine is written to without a prefix, and a break is one', async (t) => {
  const { daemon, halctl, machine } = await setUp(t);
  const words = `obm send ${host} --line 'who am i'`;
  t.match(await answered({ halctl }, words, (out) => out !== ''), { code: 0, out: 'who am i\n' });
  const { length } = machine.typed;
  t.match(await halctl(`obm send ${host} --text x --dry-run`), {
    ...{ code: 0, out: /ConsoleConnectionMade/ },
  });
  t.match(await halctl(`obm send ${host} --break`), { code: 4, out: '', err: /knows no break/ });
  for (const line of [
    `system node add ${other}`,
    `obm register ${other} --obmd ${daemon.url} --admin-token-file obmd.token --type dummy`,
    `obm enable ${other}`,
  ])
    t.match(await halctl(line), { code: 0 }, line);
  await answered({ halctl }, `obm send ${other} --break`, (out) => out.includes('\n[break]\n'));
  for (const [flags, said] of [
    ['', /--text, --line or --break/],
    ["--text ''", /must hold something/],
    ['--text a --line b', /cannot be used with/],
    ['--line a --wait 601', /from 0\.1 to 600 seconds/],
    ['--text - </dev/null', /holds nothing/],
    ['--text - < <(head -c 20000 /dev/zero)', /more than 16384 bytes/],
  ] as const)
    t.match(await halctl(`obm send ${host} ${flags}`), { code: 2, err: said }, flags);
  t.equal(machine.typed.length, length, 'nothing more was written');
});

t.test('only who may type writes, and from whoever types only by --take', async (t) => {
  const { env, halctl, machine, member } = await setUp(t);
  const viewer = await member('viewer');
  t.match(await halctl(`obm send ${host} --line no`, viewer.env), { code: 6 });
  const typing = await seated(sit(t, env));
  await until('he may type', async () => {
    typing.types('y');
    return machine.typed.includes('y');
  });
  const refused = await halctl(`obm send ${host} --line no`);
  t.match(refused, { code: 4, out: '', err: /bootstrap token:\w+ \(.*\) types, idle[^]*--take/ });
  t.match(await halctl(`obm send ${host} --line taken --take`), { code: 0 });
  await until('it is typed', () => machine.typed.includes('taken\r'));
  await typing.screen.until((text) => text.includes('types now; ~t takes it'));
  t.notMatch(machine.typed.toString(), 'no\r');
  typing.types('\r~t');
  await until('he has it again', async () => {
    typing.types('z');
    return machine.typed.includes('z');
  });
  typing.types('\r~.');
  t.same(await typing.ended, [0, null]);
});

t.test('14, 68: what is written is in no event, log or error', async (t) => {
  const { env, folder, halctl, machine, daemon } = await setUp(t);
  machine.echoes = false;
  const secret = 'hunter2-correct-horse';
  const words = `halctl obm send ${host} --line - --wait 0.5`;
  t.match(await shell(words, folder, env, `${secret}\n`), { code: 0, out: '' });
  await until('it is typed', () => machine.typed.includes(`${secret}\r`));
  const failures = [
    await shell(`${words} --count 2`, folder, env, `${secret}\n`),
    await halctl(`obm send ${host} --line ${secret} --text ${secret}`),
    await halctl(`obm send n99.example --line ${secret}`),
    await halctl(`obm send ${host} n99.example --line ${secret}`),
  ];
  for (const { code, out, err } of failures) {
    t.not(code, 0);
    t.notMatch(out + err, secret);
  }
  const { out: events } = await halctl('events --json');
  t.match(events, 'ConsoleConnectionMade');
  t.notMatch(events, secret);
  for (const place of [folder, daemon.folder])
    for (const file of readdirSync(place, { recursive: true, withFileTypes: true }))
      if (file.isFile())
        t.notOk(readFileSync(join(file.parentPath, file.name)).includes(secret), file.name);
});

t.test('whoever is interrupted gives the right to type back', async (t) => {
  const { env, halctl, machine } = await setUp(t);
  const words = ['obm', 'send', host, '--line', 'long', '--wait', '600'];
  const child = spawn(join(scripts, 'halctl'), words, { env });
  t.teardown(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  await until('it is typed', () => machine.typed.includes('long\r'));
  child.kill('SIGINT');
  t.same(await ended, [130, null]);
  t.match(await halctl(`obm send ${host} --line next`), { code: 0 });
  await until('it is typed', () => machine.typed.includes('next\r'));
});
