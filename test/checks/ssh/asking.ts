/** Asks a machine to run a command, and waits so many ms: a process to be killed, or stopped. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connections } from '../../../src/checks/ssh/connections.ts';
import { systemDial } from '../../../src/checks/ssh/dial.ts';
import { exec } from '../../../src/checks/ssh/exec.ts';
import { KnownHostsStore } from '../../../src/checks/ssh/known-hosts-file.ts';
import type { Target } from '../../../src/checks/ssh/target.ts';
import { systemTime } from '../../../src/checks/ssh/time.ts';

const [target = '', known = '', command = '', timeoutMs = '600000'] = process.argv.slice(2);
const file = join(mkdtempSync(join(tmpdir(), 'halcyon-asking-')), 'known_hosts');
writeFileSync(file, known);
const knownHosts = new KnownHostsStore({ paths: [file] }, systemTime, randomBytes);
const connections = new Connections({
  ...{ time: systemTime, dial: systemDial, random: randomBytes, knownHosts },
  ...{ hostKeys: 'strict', agent: undefined },
});
const { signal } = new AbortController();
const options = { timeoutMs: Number(timeoutMs) };
await exec(connections, JSON.parse(target) as Target, command, options, signal);
