/** `halcyon agent` as an operator runs it. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import t from 'tap';
import type { Test } from 'tap';
import { registerAgent } from '../../src/daemons/agent.ts';
import { folderOf } from '../folder.ts';
import { Executable } from './executable.ts';
import { PlayedStation, until } from './played-station.ts';

const secret = 'a-token-that-nobody-may-see';
const rssMiBMax = 80;

// What is tested here is what is given.
delete process.env['HALCYON_STATION'];
delete process.env['HALCYON_CA'];

const open = async (t: Test): Promise<PlayedStation> => {
  const station = await PlayedStation.open({ heartbeatMs: 100 });
  t.teardown(async () => station.vanish());
  return station;
};

/** What the command says of a line that it refuses, in this process; `usage` as `halcyon` takes it for its exit code. */
const refusal = async (args: readonly string[]): Promise<{ said: string; usage: boolean }> => {
  let said = '';
  const program = new Command('halcyon')
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text) });
  registerAgent(program);
  try {
    await program.parseAsync(['agent', ...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError)
      return { said, usage: error.exitCode !== 0 && error.code !== 'commander.error' };
    throw error;
  }
  throw new Error(`it took ${args.join(' ')}`);
};

for (const [what, args, problem] of [
  ['no station', [], /--station <url/],
  ['no URL', ['--station', 'station:7400'], /"station:7400" is not the URL of a station/],
  ['an empty place in the list', ['--station', 'http://a,'], /"" is not the URL/],
  ['a URL of something else', ['--station', 'ftp://a'], /is not the URL of a station/],
  ['a URL with a query', ['--station', 'https://a?b=c'], /neither "\?" nor "#"/],
  ['no host name', ['--station', 'http://a', '--fqdn', 'a_b'], /"a_b" is not a host name/],
  ['no address', ['--station', 'http://a', '--address', '10.0.0'], /not an IP address/],
  ['no network id', ['--station', 'http://a', '--lnid', '10.0.0.1'], /not an LNet network id/],
  ['no level', ['--station', 'http://a', '--log-level', 'loud'], /Allowed choices are/],
  [
    'a token as an argument',
    ['--station', 'http://a', '--token', secret],
    /unknown option '--token'/,
  ],
] as const) {
  t.test(`${what} is wrong usage`, async (t) => {
    const { said, usage } = await refusal(args);
    t.ok(usage);
    t.match(said, problem);
    t.notMatch(said, /at Command/);
  });
}

t.test('wrong usage ends a process with 2, and what is missing with 1', async (t) => {
  const [usage, missing] = [
    ['--station', 'station:7400'],
    ['--station', 'https://127.0.0.1:1'],
  ];
  for (const [args, code, problem] of [
    [usage, 2, /"station:7400" is not the URL of a station/],
    [missing, 1, /a token is needed: give --token-file/],
  ] as const) {
    const agent = new Executable(t, ['agent', ...args, '--state-dir', join(folderOf(t), 'state')]);
    t.same(await agent.exit, { code, signal: null });
    t.match(agent.stderr, problem);
    t.notMatch(agent.stderr, /at Command/);
  }
});

t.test(
  'an agent does not start without a token, its certificates or a place for its id',
  async (t) => {
    const dir = folderOf(t, { file: '', empty: '' });
    const station = ['--station', 'https://127.0.0.1:1', '--state-dir', join(dir, 'state')];
    const cases: [string[], string | undefined, RegExp][] = [
      [[], undefined, /a token is needed: give --token-file/],
      [['--token-file', join(dir, 'none')], undefined, /ENOENT/],
      [['--token-file', join(dir, 'empty')], undefined, /does not hold a token/],
      [['--ca', join(dir, 'none')], secret, /ENOENT/],
      [['--state-dir', join(dir, 'file')], secret, /EEXIST/],
    ];
    for (const [args, token, problem] of cases) {
      if (token === undefined) delete process.env['HALCYON_TOKEN'];
      else process.env['HALCYON_TOKEN'] = token;
      const { said, usage } = await refusal([...station, ...args]);
      t.notOk(usage);
      t.match(said, problem);
      t.equal(said.split('\n').length, 2, 'one line, and no stack');
    }
    delete process.env['HALCYON_TOKEN'];
  },
);

t.test('a password in a URL is refused without repeating it', async (t) => {
  const { said, usage } = await refusal(['--station', 'https://user:hidden@a']);
  t.notOk(usage);
  t.match(said, /the URL of a must hold no user or password/);
  t.notMatch(said, /hidden/);
});

t.test('help says how, with examples', async (t) => {
  for (const [args, text] of [
    [['--help'], /station[^]*agent[^]*Examples:/],
    [['agent', '--help'], /--token-file[^]*Examples:\n {2}halcyon agent --station/],
    [['--version'], /^\d+\.\d+\.\d+\n$/],
  ] as const) {
    const halcyon = new Executable(t, args);
    t.same(await halcyon.exit, { code: 0, signal: null });
    t.match(halcyon.stdout, text);
  }
  const unknown = new Executable(t, ['tracker']);
  t.match(await unknown.exit, { code: 2 });
  t.match(unknown.stderr, /unknown command 'tracker'/);
});

t.test(
  'an agent reports as it was told, keeps its token to itself, and stops with 0',
  async (t) => {
    const station = await open(t);
    const dir = folderOf(t);
    writeFileSync(join(dir, 'token'), `${secret}\n`, { mode: 0o600 });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const agent = new Executable(t, [
        ...['agent', '--station', station.url.href, '--token-file', join(dir, 'token')],
        ...['--state-dir', join(dir, 'state'), '--fqdn', 'N0001.Savio3.'],
        ...['--address', '127.0.0.11', '--lnid', '10.0.0.1@o2ib'],
      ]);
      await agent.says(/took the report/);
      t.match(station.messages('node-up').at(-1)?.message, {
        fqdn: 'n0001.savio3',
        facts: {
          agent: readFileSync(join(dir, 'state', 'agent-id'), 'utf8').trim(),
          address: '127.0.0.11',
          lnid: '10.0.0.1@o2ib',
        },
      });
      t.match(agent.log[0], { fqdn: 'n0001.savio3', msg: 'starting', time: /^\d{4}-.*Z$/ });
      t.same(await agent.stop(signal), { code: 0, signal: null });
      t.notMatch(agent.stdout + agent.stderr, secret);
      t.match(station.closes.at(-1), { code: 1000 });
    }
  },
);

t.test('a token that goes over a network in the clear is warned of', async (t) => {
  const args = ['agent', '--state-dir', folderOf(t), '--station'];
  const urls = 'http://127.0.0.1:1,https://192.0.2.1:1,http://192.0.2.7:1';
  const agent = new Executable(t, [...args, urls], { HALCYON_TOKEN: secret });
  await agent.says(/starting/);
  const warnings = agent.log.filter(({ msg }) => /unencrypted/.test(msg as string));
  t.same(
    warnings.map(({ station }) => station),
    ['http://192.0.2.7:1/'],
  );
});

t.test(`an idle agent takes at most ${rssMiBMax} MiB`, async (t) => {
  const station = await open(t);
  // The published package is JavaScript; from a checkout the first start strips types, and keeps
  // the result for the next.
  const dir = folderOf(t, { cache: {}, state: {} });
  const environment = { HALCYON_TOKEN: secret, NODE_COMPILE_CACHE: join(dir, 'cache') };
  const args = ['agent', '--station', station.url.href, '--state-dir', join(dir, 'state')];
  for (const start of [1, 2]) {
    const beats = station.messages('heartbeat').length;
    const agent = new Executable(t, [...args, '--fqdn', 'n1.example'], environment);
    await agent.says(/took the report/);
    await until('twenty heartbeats', () => station.messages('heartbeat').length > beats + 20);
    const status = readFileSync(`/proc/${agent.pid}/status`, 'utf8');
    const rssMiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
    t.comment(`start ${start}: ${rssMiB.toFixed(1)} MiB`);
    if (start === 2) t.ok(rssMiB > 1 && rssMiB <= rssMiBMax, `${rssMiB} MiB`);
    await agent.stop();
  }
});
