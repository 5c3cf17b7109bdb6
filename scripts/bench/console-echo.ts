/**
 * What the hub adds to a key: from typing it to its echo, over a simulated BMC (`ipmi_sim`), beside
 * bare `ipmitool sol activate` on the same one.
 *
 *     scripts/node scripts/bench/console-echo.ts [KEYS]
 */

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createIpmi } from '../../src/ipmi/index.ts';
import { ConsoleHub } from '../../src/obm/console/hub.ts';
import { usualSettings, usualViewerLimits } from '../../src/obm/console/settings.ts';
import { ipmi } from '../../src/obm/drivers/ipmi/ipmi.ts';
import { systemRandom, systemTime } from '../../src/obm/time.ts';
import { quantile, report } from './report.ts';

const keys = Number(process.argv[2] ?? '500');
const directory = mkdtempSync(join(tmpdir(), 'halcyon-echo-'));

const freePort = async (): Promise<number> => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
};
const port = await freePort();

const startMachine = async (): Promise<() => void> => {
  const line = createServer((socket) => void socket.setNoDelay(true).pipe(socket));
  line.listen(0, '127.0.0.1');
  await once(line, 'listening');
  const connected = once(line, 'connection');
  mkdirSync(join(directory, 'state'));
  writeFileSync(
    join(directory, 'lan.conf'),
    `name "sim"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_admin none md2 md5 straight
    guid 0102030405060708090a0b0c0d0e0f10
  endlan
  sol "tcp:127.0.0.1:${(line.address() as AddressInfo).port}" 115200
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
`,
  );
  writeFileSync(
    join(directory, 'bmc.emu'),
    'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n',
  );
  const simulator = spawn('ipmi_sim', ['-n', '-c', 'lan.conf', '-f', 'bmc.emu', '-s', 'state'], {
    cwd: directory,
    stdio: 'ignore',
  });
  await connected;
  return () => {
    simulator.kill();
    line.close();
  };
};

/** Types keys one after the other; each waits for its echo. ms. */
const echoes = async (
  type: (key: Buffer) => void,
  seen: { echo: () => void },
): Promise<number[]> => {
  const taken: number[] = [];
  for (let i = 0; i < keys; i += 1) {
    const began = performance.now();
    const echo = new Promise<void>((resolve) => (seen.echo = resolve));
    type(Buffer.from('x'));
    await echo;
    taken.push(performance.now() - began);
    await wait(5);
  }
  return taken;
};

const throughHub = async (): Promise<number[]> => {
  const library = createIpmi();
  const driver = ipmi.open(
    { addr: '127.0.0.1', port, user: 'admin', pass: 'secret', suites: [3] },
    {
      ...{ ipmi: library, time: systemTime, random: systemRandom, privateDirectory: directory },
      session: { get: () => null, keep: () => undefined },
    },
  );
  const hub = new ConsoleHub(usualViewerLimits);
  const kept = hub.add({
    ...{ label: 'n1', epoch: 1, time: systemTime, random: systemRandom, settings: usualSettings },
    open: (sink, signal) => driver.openConsole!(sink, signal),
    release: (signal) => driver.releaseConsole!(signal),
    ...{ recorder: null, audit: () => undefined, changed: () => undefined },
  });
  const seen = { echo: (): void => undefined };
  const viewer = kept.attach({
    ...{ principal: 'bench', source: '127.0.0.1', epoch: 1, mayWrite: true, onSlow: 'cut' },
    ...{ right: 'bench', signal: new AbortController().signal, from: { back: 0 } },
    sink: {
      data: () => (seen.echo(), true),
      ...{ mark: () => undefined, role: () => undefined, end: () => undefined },
    },
  });
  while (kept.status().link.kind !== 'connected') await wait(20);
  kept.requestWriter(viewer);
  const taken = await echoes((key) => void kept.write(viewer, key), seen);
  await hub.close();
  await driver.close();
  await library.close();
  return taken;
};

const throughIpmitool = async (): Promise<number[]> => {
  const command = `ipmitool -I lanplus -C 3 -H 127.0.0.1 -p ${port} -U admin -E sol activate`;
  // It wants a terminal.
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    env: { ...process.env, IPMI_PASSWORD: 'secret' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const seen = { echo: (): void => undefined };
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString();
    seen.echo();
  });
  while (!said.includes('operational')) await wait(50);
  await wait(500);
  const taken = await echoes((key) => void child.stdin.write(key), seen);
  child.stdin.write('\r~.');
  await once(child, 'exit');
  return taken;
};

const stop = await startMachine();
const ours = await throughHub();
const theirs = await throughIpmitool();
report('console echo', [
  { name: 'a key and its echo through the hub, p50', value: quantile(ours, 0.5), unit: 'ms' },
  {
    ...{ name: 'a key and its echo through the hub, p99', value: quantile(ours, 0.99), unit: 'ms' },
    limit: { name: 'ipmitool sol activate, p99, ms', value: quantile(theirs, 0.99) },
    target: { atMost: 1 },
  },
  { name: 'the same through ipmitool, p50', value: quantile(theirs, 0.5), unit: 'ms' },
]);
stop();
rmSync(directory, { recursive: true });
