/** Machines behind a console server, against a real sshd. Numbers are those of the cases and acceptance rows. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ObmError } from '../../src/obm/errors.ts';
import { freePort, startSshd } from '../station/sshd.ts';
import { until } from '../ipmi/simulator.ts';
import { driverFor, never, reasonOf, wrongField } from './drivers.ts';

const sshd = await startSshd(t, ['console.example']);
const { port, user, identity_file, known_hosts_file, folder } = sshd;
const good = {
  ...{ addr: '127.0.0.1', port, user, identity_file, known_hosts_file },
  host_key_alias: 'console.example',
};
const at = (name: string): string => join(folder, name);

/** A machine that is a file, and commands that write down that they were run. */
const machine = (name: string): object => {
  writeFileSync(at(name), 'off\n');
  const set = (state: string, what: string): string[] => [
    ...['sh', '-c', `echo ${state} >$0; echo "$1" >>$0.log`, at(name), what],
  ];
  return {
    ...{ status: ['cat', at(name)], on: set('on', 'on'), off: set('off', 'off') },
    ...{ cycle: set('on', 'cycle'), reset: set('on', "it's $(a) reset") },
  };
};
const executed = (name: string): string[] =>
  existsSync(at(`${name}.log`))
    ? readFileSync(at(`${name}.log`), 'utf8')
        .split('\n')
        .slice(0, -1)
    : [];

/** A command that ends when the test does, and not before. */
const endless = (name: string): string[] => [
  ...['sh', '-c', 'echo >$0; while test -e $0; do sleep 0.2; done', at(name)],
];

t.test('2, 30: what cannot be right about a registration is named', async (t) => {
  t.equal(wrongField('ssh', { ...good, console: ['cat'] }), null);
  for (const [field, wrong] of [
    ['addr', { addr: '-oProxyCommand=evil' }],
    ['user', { user: '-oProxyCommand=evil' }],
    ['identity_file', { identity_file: 'relative' }],
    ['known_hosts_file', { known_hosts_file: '/a" /b' }],
    ['host_key_alias', { host_key_alias: '-x' }],
    ['on', { on: 'a shell line' }],
    ['on', { on: [] }],
    ['on', { on: ['', 'x'] }],
    ['on', { on: ['a\nb'] }],
    ['status_off', { status_off: 'on' }],
    ['pass', { pass: 'p' }],
  ] as const)
    t.ok(wrongField('ssh', { ...good, ...wrong })?.startsWith(`info.${field}`), field);
});

t.test('45, 48: power is switched by commands, and only where it is not so already', async (t) => {
  const driver = driverFor(t, 'ssh', { ...good, ...machine('m1') });
  t.same(await driver.observePower(never), { state: 'off', detail: null });
  const done = { outcome: 'done', by: 'answer', instead: null, reason: null };
  t.same(await driver.power('off', never), { ...done, by: 'state' });
  t.same(await driver.power('cycle', never), { ...done, instead: 'on' });
  t.same(await driver.power('on', never), { ...done, by: 'state' });
  t.same(await driver.power('cycle', never), done);
  t.same(await driver.power('reset', never), done);
  t.equal(await reasonOf(driver.power('soft', never)), 'unsupported', 'never made hard');
  t.same(executed('m1'), ['on', 'cycle', "it's $(a) reset"], 'each word is one, whatever is in it');
  await driver.identify(never);
});

t.test('53: only a whole line is a state', async (t) => {
  for (const [said, state] of [
    ['no connection', 'unknown'],
    ['on\\noff', 'unknown'],
    ['', 'unknown'],
    ['warning\\n on ', 'on'],
  ] as const) {
    const driver = driverFor(t, 'ssh', { ...good, status: ['printf', said] });
    t.match(await driver.observePower(never), { state }, said);
  }
  const none = driverFor(t, 'ssh', good);
  t.match(await none.observePower(never), { state: 'unknown', detail: 'no command tells it' });
});

t.test('case 20: exit code 255 is no answer, and no code is 0', async (t) => {
  const on = (script: string): Promise<unknown> =>
    driverFor(t, 'ssh', { ...good, on: ['sh', '-c', script] }).power('on', never);
  t.match(await on('exit 255'), { outcome: 'unknown', by: 'nothing' });
  t.match(await on('kill -9 $$'), { outcome: 'unknown', by: 'nothing' });
  t.match(await on('exit 3'), { outcome: 'not-done', reason: { message: 'exit code 3' } });
  t.match(await on('exit 127'), { outcome: 'not-done' }, 'there is no such command there');
  const status = driverFor(t, 'ssh', { ...good, status: ['sh', '-c', 'echo on; exit 255'] });
  t.equal(await reasonOf(status.observePower(never)), 'refused');
});

t.test('a command whose connection breaks is run once, and the state tells', async (t) => {
  const info = machine('m2') as { on: string[] };
  const breaks = ['sh', '-c', `echo on >${at('m2')}; echo x >>${at('m2.log')}; kill -9 $PPID`];
  const driver = driverFor(t, 'ssh', { ...good, ...info, on: breaks });
  t.match(await driver.power('on', never), { outcome: 'done', by: 'state' });
  t.same(executed('m2'), ['x']);
});

t.test(
  '50: wrong key, another host, no way: reasons of their own, and nothing is run',
  async (t) => {
    const reason = (more: object): Promise<unknown> =>
      reasonOf(
        driverFor(t, 'ssh', { ...good, on: ['touch', at('run')], ...more }).power('on', never),
      );
    t.equal(await reason({ identity_file: sshd.stranger }), 'credentials-refused');
    t.equal(await reason({ host_key_alias: 'other.example' }), 'wrong-machine');
    t.equal(await reason({ port: await freePort() }), 'no-answer');
    t.equal(await reason({ addr: 'console.invalid' }), 'network');
    t.notOk(existsSync(at('run')));
  },
);

t.test('a command that does not end is ended, and what was ordered is unknown', async (t) => {
  const slow = endless('begun');
  const driver = driverFor(t, 'ssh', { ...good, on: slow });
  const stop = new AbortController();
  const order = driver.power('on', stop.signal);
  await until('it has begun', () => existsSync(at('begun')));
  stop.abort(new Error('given up'));
  t.match(await order, { outcome: 'unknown', by: 'nothing' });
});

t.test('a console is a command: what it writes comes as it is, and keys go there', async (t) => {
  const script = `stty raw -echo; printf 'hello\\377'; exec cat`;
  const info = { ...good, console: ['sh', '-c', script], break: '\u0005b' };
  const driver = driverFor(t, 'ssh', info);
  let seen = Buffer.alloc(0);
  const sink = { data: (bytes: Buffer) => (seen = Buffer.concat([seen, bytes])), gap: () => {} };
  const link = await driver.openConsole!(sink, never);
  const hello = Buffer.from('hello\xff', 'latin1');
  await until('it has begun', () => seen.includes(hello));
  const typed = Buffer.from('\r\n~.\u0003\u001b[A\x80'.repeat(400), 'latin1');
  await link.write(typed);
  await link.sendBreak();
  const all = Buffer.concat([hello, typed, Buffer.from('\u0005b')]);
  await until('all is back', () => seen.length >= all.length);
  t.ok(seen.equals(all), '63: a tilde is a tilde');
  await link.close();
  t.match(await link.ended, { reason: 'closed' });
});

t.test('a console that ends says so, and one that cannot be had says why', async (t) => {
  const sink = { data: () => {}, gap: () => {} };
  const short = driverFor(t, 'ssh', { ...good, console: ['true'] });
  const link = await short.openConsole!(sink, never);
  t.match(
    await link.ended,
    new ObmError('no-answer', 'the command that is the console ended with 0'),
  );
  t.equal(await reasonOf(link.sendBreak()), 'unsupported');
  const wrong = driverFor(t, 'ssh', { ...good, identity_file: sshd.stranger, console: ['true'] });
  t.equal(await reasonOf(wrong.openConsole!(sink, never)), 'credentials-refused');
  const without = { ...driverFor(t, 'ssh', good) };
  t.match(without, { openConsole: undefined }, 'without a command there is none');
});

t.test('closing the driver ends its consoles and commands', async (t) => {
  const driver = driverFor(t, 'ssh', { ...good, console: ['cat'], status: endless('looking') });
  const link = await driver.openConsole!({ data: () => {}, gap: () => {} }, never);
  const looked = reasonOf(driver.observePower(never));
  await driver.close();
  t.match(await link.ended, { reason: 'closed' });
  t.equal(await looked, 'closed');
});
