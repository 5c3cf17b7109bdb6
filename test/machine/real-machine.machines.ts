/**
 * One real machine from end to end: a kernel of Debian's in QEMU, whose BMC is ipmi_sim and whose serial console is that
 * BMC's, with an sshd and an agent in it. It hangs, and is rebooted because that is suggested. HALCYON_RECORDING names a
 * file that its console is recorded to, as asciicast.
 */

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { settingsOf } from '../../src/checks/settings/settings.ts';
import type { CheckSettings } from '../../src/checks/settings/settings.ts';
import { builtInRules } from '../../src/checks/suggestions/table.ts';
import { simulate } from '../ipmi/simulator.ts';
import type { Simulator } from '../ipmi/simulator.ts';
import { Daemon, ipmiInfo } from '../obm/daemon.ts';
import { openStation, root, temporary } from '../station/harness.ts';
import type { Json } from '../station/harness.ts';
import { makeDisk, makeImages } from './images.ts';
import { Machine } from './machine.ts';
import { layTap } from './tap.ts';

const fqdn = 'm0.example';
const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'machine');
/** For a boot in software emulation on a machine that has much else to do, s. */
const bootSeconds = 600;

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

/** Waits for something that takes no longer than a boot. */
const eventually = async <T>(
  what: string,
  look: () => Promise<T | null>,
): Promise<NonNullable<T>> => {
  for (const end = Date.now() + bootSeconds * 1_000; Date.now() < end; await pause(500)) {
    const seen = await look();
    if (seen) return seen;
  }
  throw new Error(`waited in vain for ${what}`);
};

/** What the BMC is told happens to the machine, in order, until the test ends. */
const wire = (t: Test, bmc: Simulator, machine: Machine): void => {
  const stopping = new AbortController();
  const deeds: Readonly<Record<string, () => Promise<void>>> = {
    'power 1': () => machine.powerOn(),
    'power 0': () => machine.cut(),
    'reset 1': () => machine.reset(),
    'shutdown 1': () => machine.pressButton(),
  };
  const running = (async (): Promise<void> => {
    for (let done = 0; !stopping.signal.aborted; await pause(50)) {
      const told = bmc.executed;
      for (; done < told.length; done += 1) await deeds[told[done]!]?.();
    }
  })();
  t.teardown(async () => {
    stopping.abort();
    await running;
  });
};

interface Keys {
  /** File of the key to come in by. */
  readonly key: string;
  /** File that has the key of its sshd. */
  readonly knownHosts: string;
}

/** Keys, and a folder for its disk that has those which it needs. */
const makeKeys = (folder: string, content: string): Keys => {
  const [key, knownHosts] = [join(folder, 'key'), join(folder, 'known_hosts')];
  mkdirSync(join(content, 'ssh'), { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  writeFileSync(join(content, 'ssh', 'authorized_keys'), readFileSync(`${key}.pub`));
  const own = join(content, 'ssh', 'host_key');
  const made = execFileSync('dropbearkey', ['-t', 'ed25519', '-f', own], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  writeFileSync(knownHosts, `${fqdn} ${/^ssh-ed25519 \S+/m.exec(made)![0]}\n`);
  return { key, knownHosts };
};

/** How the station looks at it: often, as this is to take minutes. */
const checksBy = (folder: string, { key, knownHosts }: Keys): CheckSettings => {
  const ssh = join(folder, 'ssh.yaml');
  writeFileSync(ssh, JSON.stringify({ user: 'root', keys: [key], known_hosts: [knownHosts] }));
  return settingsOf({
    checks: ['ping', 'ssh', 'uptime'],
    periods: { ping: 5, ssh: 10, uptime: 10 },
    timeouts: { ssh: 30 },
    ssh,
  });
};

/** One who may restart machines, by a grant. */
const [user, password] = ['ada', 'a password for one test'];

t.test(
  'a real machine that hangs is found, rebooted by suggestion and grant through its BMC, and all of it is told',
  async (t) => {
    const images = makeImages(cache);
    const folder = temporary(t, 'halcyon-real-');
    const content = join(folder, 'content');
    const keys = makeKeys(folder, content);
    const opened = await openStation(t, {
      checks: checksBy(folder, keys),
      // Silence is trusted sooner than where a boot takes ten minutes.
      rules: { ...builtInRules, version: 'test-1', bootSeconds: 20 },
    });
    const tap = layTap(t);
    await opened.app.listen({ host: tap.station, port: 0 });
    const { port: stationPort } = opened.app.server.address() as AddressInfo;
    const token = await opened.tokenOf('agent', { host: fqdn });
    writeFileSync(join(content, 'agent.token'), token, { mode: 0o600 });
    makeDisk(join(folder, 'disk.img'), 16, content);
    const consolePort = await freePort();
    const place = { folder, images, host: fqdn, stationPort, consolePort, tap };
    const machine = await Machine.plugIn(place);
    t.teardown(() => machine.unplug());
    mkdirSync(join(folder, 'bmc'));
    const bmc = await simulate(join(folder, 'bmc'), { consolePort });
    t.teardown(() => bmc.kill());
    wire(t, bmc, machine);
    const daemon = await Daemon.start(t, ['--poll', '5']);

    const session = join(folder, 'session');
    const halctlBy = (credential: object) => (args: readonly string[], input?: string) => {
      const env = { ...process.env, HALCYON_STATION: `http://${tap.station}:${stationPort}` };
      const run = promisify(execFile)(join(root, 'scripts', 'halctl'), args, {
        ...{ env: { ...env, ...credential }, maxBuffer: 1 << 26, timeout: bootSeconds * 1_000 },
      });
      run.child.stdin?.end(input);
      return run.then(({ stdout }) => stdout);
    };
    const asAdmin = halctlBy({ HALCYON_TOKEN: opened.admin });
    const asAda = halctlBy({ HALCYON_TOKEN_FILE: session });
    const halctl = (...args: readonly string[]): Promise<string> => asAdmin(args);
    const bootBySsh = (): Promise<string> => {
      const options = ['BatchMode=yes', `HostKeyAlias=${fqdn}`];
      options.push(`UserKnownHostsFile=${keys.knownHosts}`);
      const place = ['-F', 'none', '-i', keys.key, ...options.flatMap((o) => ['-o', o])];
      const command = ['cat', '/proc/sys/kernel/random/boot_id'];
      const look = (): Promise<string | null> =>
        promisify(execFile)('ssh', [...place, `root@${tap.machine}`, ...command]).then(
          ({ stdout }) => stdout.trim(),
          () => null,
        );
      return eventually('sshd', look);
    };
    const boot = (): string | undefined => opened.station.graph.get('host', fqdn)?.facts?.boot_id;
    const suggestion = async (): Promise<Json> =>
      (await opened.ask('GET', `/hosts/${fqdn}/suggestion`)).body;
    const isWell = (): Promise<boolean> =>
      eventually('all checks to pass', () =>
        halctl('check', 'run', fqdn, '--checks', 'ping,ssh,uptime').then(
          () => true,
          () => null,
        ),
      );

    t.equal((await opened.ask('POST', '/hosts', { fqdn })).status, 201);
    const registered = await opened.ask('PUT', `/hosts/${fqdn}/obm`, {
      ...{ obmd: daemon.url, admin_token: daemon.admin, type: 'ipmi' },
      info: ipmiInfo(bmc.port),
    });
    t.equal(registered.status, 201);
    await halctl('obm', 'enable', fqdn);
    t.match(JSON.parse(await halctl('obm', 'validate', fqdn, '--json')), { valid: true });
    await halctl('cluster', 'vars', 'set', 'keepalive_frequency=5', 'keepalive_timeout=30');

    t.comment('switched on');
    const on = await halctl('obm', 'power', 'on', fqdn, '--wait-up', `${bootSeconds}`, '--json');
    t.match(JSON.parse(on), { kind: 'power-on', state: 'succeeded' });
    const first = boot();
    t.match(first, /^[0-9a-f-]{36}$/);
    t.equal(await bootBySsh(), first, 'sshd and agent are of the same boot');
    const console = await halctl('obm', 'log', fqdn);
    t.match(console, /Linux version 6\./, 'it was seen to boot on its console');
    await isWell();
    t.match(await suggestion(), { action: 'none', symptom: null });

    t.comment('hangs');
    await machine.freeze();
    const suggested = await eventually('a suggestion', async () => {
      const seen = await suggestion();
      return seen.action === 'none' ? null : seen;
    });
    t.match(suggested, { action: 'power-cycle', symptom: 'silent-power-on', vetoes: [] });
    const evidence = (suggested.evidence as { text: string }[]).map(({ text }) => text).join('\n');
    for (const pattern of [/^ping: no answer/m, /^ssh: /m, /^agent: not heard/m, /^power is on/m])
      t.match(evidence, pattern);
    t.match(await halctl('status', '--problems'), /m0\.example\s+✗ on\b/);

    t.comment('rebooted');
    const secret = `${password}\n`;
    await asAdmin(['auth', 'user', 'add', user, 'operator', '--password-stdin'], secret);
    await halctlBy({})(
      ['auth', 'login', '--user', user, '-o', session, '--password-stdin'],
      secret,
    );
    const reboot = ['reboot', fqdn, '--wait-up', `${bootSeconds}`, '--json'];
    await t.rejects(asAda(reboot), /grant/, 'nobody reboots without a grant');
    const grant = ['auth', 'elevate', '--action', 'power', '--scope', fqdn, '--uses', '1'];
    await asAda([...grant, '--reason', 'it hangs', '--password-stdin'], secret);
    t.match(JSON.parse(await asAda(reboot)), { state: 'succeeded', failed: [] });
    const second = boot();
    t.match(second, /^[0-9a-f-]{36}$/);
    t.not(second, first, 'it has started anew');
    t.equal(await bootBySsh(), second);
    t.same(bmc.executed, ['power 1', 'power 0', 'power 1'], 'each order was carried out once');
    await isWell();
    t.match(await suggestion(), { action: 'none', symptom: null });
    t.match(await halctl('status', 'show', fqdn), /\bup\b/);
    const boots = (await halctl('obm', 'log', fqdn)).match(/Linux version 6\./g);
    t.equal(boots?.length, 2, 'both boots are in the log of its console');

    t.comment('told');
    const story = [
      new RegExp(`^boot: up: ${first}`),
      /^check: .*ping is fail/,
      /a grant was used for power/,
      /^check: .*ping is ok/,
    ];
    const told = await eventually('the whole story', async () => {
      const history = await halctl('status', 'history', fqdn, '--limit', '500', '--json');
      const { entries } = JSON.parse(history) as { entries: { kind: string; text: string }[] };
      const lines = entries.map(({ kind, text }) => `${kind}: ${text}`).reverse();
      let at = -1;
      for (const part of story) {
        at = lines.findIndex((line, i) => i > at && part.test(line));
        if (at < 0) return null;
      }
      return lines;
    });
    t.ok(told.includes(`boot: up: ${second}`), 'and its new boot is told');

    const recording = process.env['HALCYON_RECORDING'];
    if (recording !== undefined) {
      rmSync(recording, { force: true });
      await halctl('obm', 'log', fqdn, '--export', resolve(recording));
    }
  },
);
