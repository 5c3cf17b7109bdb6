/** Asks a machine to run a command, and waits: a process to be killed. */

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

const [target = '', known = '', command = ''] = process.argv.slice(2);
const file = join(mkdtempSync(join(tmpdir(), 'halcyon-asking-')), 'known_hosts');
writeFileSync(file, known);
const knownHosts = new KnownHostsStore({ paths: [file] }, systemTime, randomBytes);
const connections = new Connections({
  ...{ time: systemTime, dial: systemDial, random: randomBytes, knownHosts },
  ...{ hostKeys: 'strict', agent: undefined },
});
const { signal } = new AbortController();
await exec(connections, JSON.parse(target) as Target, command, { timeoutMs: 600_000 }, signal);
