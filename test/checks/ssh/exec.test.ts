/** Commands on real sshd: how they end, what they say whatever the login shell, and that nothing of them is left. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { exec } from '../../../src/checks/ssh/exec.ts';
import type { ExecOptions, ExecResult } from '../../../src/checks/ssh/exec.ts';
import type { Target } from '../../../src/checks/ssh/target.ts';
import { connectionsFor, neverAborted, processesOf, run, startSshd, until } from './sshd.ts';

const shells = {
  chatty: {
    shell: '/bin/bash',
    home: { '.bashrc': 'echo one\necho two >&2\nprintf "three without end"\n' },
  },
  csh: { shell: '/bin/csh', home: { '.cshrc': 'echo from cshrc\n' } },
  fish: { shell: '/usr/bin/fish', home: { '.config/fish/config.fish': 'echo from fish\n' } },
  nologin: { shell: '/usr/sbin/nologin' },
};
const sshd = await startSshd(t, { accounts: shells });
const { connections } = connectionsFor(t, sshd.known('n1'));
const patience = { timeoutMs: 60_000 };
const on = (user: string): Target => sshd.target('n1', user);
const plain = on('plain');
const text = ({ stdout, stderr }: ExecResult): [string, string] => [
  stdout.toString(),
  stderr.toString(),
];
/** Seconds that no other sleep on this machine has. */
let nonce = 40_000_000 + (process.pid % 100_000) * 100;
const sleep = (): string => `sleep ${(nonce += 1)}`;

const ending = async (command: string, options: ExecOptions = patience): Promise<unknown> =>
  (await exec(connections, plain, command, options, neverAborted)).ending;

t.test(
  'case 20: an exit code, a signal, and what the server does not say are told apart',
  async (t) => {
    t.strictSame(await ending('true'), { kind: 'exit', code: 0 });
    t.strictSame(await ending('exit 255'), { kind: 'exit', code: 255 });
    t.strictSame(await ending('exit 137'), { kind: 'exit', code: 137 });
    t.strictSame(await ending('kill -9 $$'), { kind: 'signal', signal: 'SIGKILL' });
    t.strictSame(await ending('kill -15 $$'), { kind: 'signal', signal: 'SIGTERM' });
  },
);

t.test(
  'case 20: a server that says nothing of the end is not taken for one that says 0',
  async (t) => {
    const server = new ssh2.Server(
      { hostKeys: sshd.hostKeys.map((path) => readFileSync(path)) },
      (client) => {
        client.on('error', () => {});
        client.on('authentication', (asked) => asked.accept());
        client.on('session', (accept) =>
          accept().on('exec', (take) => {
            const channel = take();
            channel.once('data', (piece: Buffer) => {
              const [, mark = ''] = /([0-9a-f]{32})/.exec(piece.toString()) ?? [];
              channel.write(`\n${mark} 4711\nhello\n`);
              channel.close();
            });
          }),
        );
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => server.close());
    const { port } = server.address() as AddressInfo;
    const known = sshd.known('n1').replace(`:${sshd.port}`, `:${port}`);
    const own = connectionsFor(t, known).connections;
    const result = await exec(own, { ...plain, port }, 'true', patience, neverAborted);
    t.match(result.ending, { kind: 'unknown' });
    t.equal(result.stdout.toString(), 'hello\n');
  },
);

t.test(
  'case 21: rc files that chatter, csh and fish change nothing of what a command says',
  async (t) => {
    const command = `printf '%s|' "it's" 'a \\ "b" $c !' "é"; cat; echo err >&2; exit 3`;
    const options = { ...patience, input: Buffer.from('given\n') };
    for (const user of ['plain', 'chatty', 'csh', 'fish']) {
      const result = await exec(connections, on(user), command, options, neverAborted);
      t.strictSame(text(result), [`it's|a \\ "b" $c !|é|given\n`, 'err\n'], user);
      t.strictSame(result.ending, { kind: 'exit', code: 3 }, user);
    }
  },
);

t.test('an account that runs no commands is said to be one', async (t) => {
  await t.rejects(exec(connections, on('nologin'), 'true', patience, neverAborted), {
    reason: 'unreadable',
    message: /login shell of the account runs no commands/,
  });
});

t.test('what is kept of the output is bounded, and the rest is read', async (t) => {
  const result = await exec(
    connections,
    plain,
    'head -c 3000000 /dev/zero; echo end >&2',
    { ...patience, keptBytes: 1000 },
    neverAborted,
  );
  t.match(result, { isCut: true, ending: { kind: 'exit', code: 0 } });
  t.equal(result.stdout.length, 1000);
});

t.test('a command that takes too long is ended with all that it started', async (t) => {
  const [one, two] = [sleep(), sleep()];
  const result = await ending(`${one} & trap '' TERM; sh -c '${two}; true'`, { timeoutMs: 1_500 });
  t.strictSame(result, { kind: 'timeout', left: false });
  await until('both have ended', () => processesOf(one).length + processesOf(two).length === 0);
});

t.test('case 22: nothing is left when who asked leaves', async (t) => {
  const leave = new AbortController();
  const [one, two] = [sleep(), sleep()];
  const asked = exec(connections, plain, `${one} & ${two}`, patience, leave.signal);
  await until('they run', () => processesOf(one).length > 0 && processesOf(two).length > 0);
  leave.abort(new Error('gone'));
  await t.rejects(asked, { message: 'gone' });
  await until('both have ended', () => processesOf(one).length + processesOf(two).length === 0);
});

t.test(
  'case 22: nothing is left when the asking process is killed, or the connection cut',
  async (t) => {
    for (const [signal, timeoutMs] of [
      ['SIGKILL', 600_000],
      // Its connection stays, and nobody is there any more: the machine goes by the time.
      ['SIGSTOP', 5_000],
    ] as const) {
      const [one, two] = [sleep(), sleep()];
      const command = `${one} & sh -c '${two}; true'`;
      const given = [JSON.stringify(plain), sshd.known('n1'), command, String(timeoutMs)];
      const asking = spawn(process.execPath, [join(import.meta.dirname, 'asking.ts'), ...given], {
        stdio: 'inherit',
      });
      t.teardown(() => asking.kill('SIGKILL'));
      const started = (): string | undefined =>
        processesOf(one).find((line) => /^\s*\d+ +\S+ +sleep \d+$/.test(line));
      await until('they run', () => started() !== undefined && processesOf(two).length > 1);
      const group = run('ps', '-o', 'pgid=', '-p', String(Number.parseInt(started() ?? '', 10)));
      asking.kill(signal);
      await until('both have ended', () => !started() && processesOf(`sh -c ${two}`).length === 0);
      const watch = `halcyon-watch -${group}`;
      await until('nor is who watched them', () => processesOf(watch).length === 0);
      t.same(processesOf(watch), [], signal);
    }
  },
);
