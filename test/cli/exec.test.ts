/** `halctl exec` on real sshd: what many machines said, together; who failed and why; nothing left when it ends. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf, processesOf, startSshd, until } from '../checks/ssh/sshd.ts';
import { environment, scripts, shell } from './station.ts';
import type { Ran } from './station.ts';

const sshd = await startSshd(t);
const folder = folderOf(t);
const names = ['n1', 'n2', 'n3', '0', 'constructor'];
writeFileSync(join(folder, 'known_hosts'), names.map((name) => sshd.known(name)).join(''));
const settings = `user: plain
port: ${sshd.port}
address: 127.0.0.1
keys: [${sshd.key}]
known_hosts: [${join(folder, 'known_hosts')}]
groups:
  - machines: lost[1-2]
    address: no-such-host.invalid
`;
mkdirSync(join(folder, 'config', 'halcyon'), { recursive: true });
writeFileSync(join(folder, 'config', 'halcyon', 'ssh.yaml'), settings);
const env = environment(folder);
const halctl = (line: string, input = ''): Promise<Ran> =>
  shell(`halctl ${line}`, folder, env, input);
const rule = '-'.repeat(15);

t.test(
  '33: machines that said the same are told together, and each failure by its reason',
  async (t) => {
    const line = `exec 'n[1-3],0,constructor' -- 'echo same; [ "$SSH_CONNECTION" ] && exit 0'`;
    t.strictSame(await halctl(line), {
      code: 0,
      out: `${rule}\n0,constructor,n[1-3] (5)\n${rule}\nsame\n`.replace(
        '0,constructor,n[1-3]',
        (await halctl("nodeset fold 'n[1-3],0,constructor'")).out.trim(),
      ),
      err: '',
    });
    const failing = await halctl(`exec 'n[1-3],lost[1-2]' -- 'echo out; echo why >&2; exit 3'`);
    t.equal(failing.code, 1);
    t.equal(failing.out, `${rule}\nn[1-3] (3)\n${rule}\nout\n`);
    t.match(failing.err, /^-+\nn\[1-3\] \(3\)\n-+\nwhy\n/);
    t.match(failing.err, /^halctl: n\[1-3\]: exit code 3$/m);
    t.match(failing.err, /^halctl: lost\[1-2\]: dns: its name has no address \(E\w+\)$/m);
    t.match(failing.err, /^halctl: 5 of 5 machines failed$/m);
  },
);

t.test(
  'lines with labels, standard input for each, and output that does nothing to a terminal',
  async (t) => {
    const labelled = await halctl("exec 'n[1-2]' -L --stdin -- 'cat; printf end'", 'one\ntwo\n');
    t.strictSame(labelled.out.split('\n').toSorted(), [
      '',
      ...['n1: end', 'n1: one', 'n1: two', 'n2: end', 'n2: one', 'n2: two'],
    ]);
    const { out } = await halctl(`exec n1 -- "printf '\\033]0;title\\007\\033[2J'"`);
    t.notMatch(out, /[\u001b\u0007]/);
  },
);

t.test('--json has the end of each: code, signal, or why there is none', async (t) => {
  const { out, code } = await halctl(`exec 'n[1-2],lost1' --json -- 'echo "é"; kill -9 $$'`);
  t.equal(code, 1);
  const { results } = JSON.parse(out);
  t.match(results, [
    { host: 'n1', ok: false, ending: 'signal', signal: 'SIGKILL', exit_code: null, stdout: 'é\n' },
    { host: 'n2', signal: 'SIGKILL' },
    { host: 'lost1', ending: 'unreachable', cause: 'dns', exit_code: null },
  ]);
});

t.test('a command that takes too long is ended, and said to be', async (t) => {
  const { code, err } = await halctl(`exec 'n[1-2]' --timeout 1s -- sleep 600`);
  t.equal(code, 1);
  t.match(err, /^halctl: n\[1-2\]: it took too long and was ended$/m);
});

t.test(
  'Ctrl-C shows what there is, says how far it came, and leaves nothing on the machines',
  async (t) => {
    const nonce = `${50_000_000 + (process.pid % 100_000)}`;
    const command = `[ -e ${folder}/quick ] || { : >${folder}/quick; echo early; exit; }; sleep ${nonce}`;
    const asked = spawn(
      join(scripts, 'halctl'),
      ['exec', 'n[1-3]', '--max-parallel', '1', '--', command],
      { env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [out, err] = ['', ''];
    asked.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    asked.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const ended = once(asked, 'close');
    await until('it runs', () =>
      processesOf(nonce).some((line) => /^\s*\d+ +\S+ +sleep \d+$/.test(line)),
    );
    asked.kill('SIGINT');
    const [code] = await ended;
    t.equal(code, 130);
    t.equal(out, `${rule}\nn1\n${rule}\nearly\n`);
    t.match(err, /Interrupted after 1 of 3 machines/);
    await until('nothing is left', () => processesOf(`sleep ${nonce}`).length === 0);
  },
);

t.test('mistakes in settings and arguments are told with line and field', async (t) => {
  const wrong = join(folder, 'wrong.yaml');
  writeFileSync(wrong, 'user: plain\nprot: 22\n');
  const typo = await halctl(`exec n1 --ssh-settings ${wrong} -- true`);
  t.equal(typo.code, 2);
  t.match(typo.err, /wrong\.yaml:2:1: prot: .*Did you mean "port"/);
  t.equal((await halctl('exec n1')).code, 2);
  t.equal((await halctl("exec 'n[3-1]' -- true")).code, 2);
  t.equal((await halctl('exec n1 --max-parallel 0 -- true')).code, 2);
});
