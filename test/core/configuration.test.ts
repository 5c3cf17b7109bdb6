/** What a process is told, and that everybody who reads the file reads the same. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { Engine } from '../../src/core/engine.ts';
import { folderOf } from '../folder.ts';
import { oddLines, oddValues } from './odd-values.ts';
import {
  configurationOf,
  environmentFile,
  variablePrefix,
} from '../../src/core/lifecycle/configuration.ts';
import {
  add,
  addedBy,
  commitOf,
  given,
  load,
  newEngine,
  nodeUp,
  remove,
  submit,
} from './scenario.ts';

const host = 'n1.example';

t.test(
  'T19: a process is told its endpoint, its fid, the profile, the HA endpoint and its own environment',
  async (t) => {
    const { engine } = given(load(), nodeUp(host));
    const added = addedBy(engine, add(host, 's3server'));
    const { fid, node } = added[2]!;
    t.strictSame(configurationOf(engine.graph, fid), {
      fid,
      node,
      host,
      role: 's3server',
      name: 's3server',
      unit: 's3server',
      ownership: 'managed',
      endpoint: '10.0.0.1@tcp:12345:41:304',
      environment: {
        MERO_S3SERVER_EP: '10.0.0.1@tcp:12345:41:304',
        MERO_HA_EP: '10.0.0.1@tcp:12345:34:101',
        MERO_PROFILE_FID: '0x7000000000000001:0x1',
        MERO_PROCESS_FID: fid,
        MERO_S3SERVER_PORT: '8082',
      },
    });
  },
);

t.test('T19: a confd is told where its database is', async (t) => {
  const { engine } = given(load(), nodeUp(host));
  const [, confd] = addedBy(engine, add(host, 'confd'));
  const { environment } = configurationOf(engine.graph, confd!.fid);
  t.equal(environment['MERO_CONF_XC'], '/var/mero/confd/conf.xc');
});

t.test(
  'where a node has several HA processes the oldest one counts, while it exists',
  async (t) => {
    const { engine } = given(load(), nodeUp(host));
    const [ha, app] = addedBy(engine, add(host, 'ha', 'app'));
    const [second] = addedBy(engine, add(host, 'ha'));
    const told = () => configurationOf(engine.graph, app!.fid).environment['MERO_HA_EP'];
    t.equal(told(), ha!.endpoint);
    commitOf(engine, remove(ha!.fid));
    t.equal(told(), second!.endpoint);
    commitOf(engine, remove(second!.fid));
    t.equal(told(), undefined);
  },
);

t.test('the first profile of the cluster counts', async (t) => {
  const profiles = ['default', 'other'].map((name) => ({ name, pools: [] }));
  const { engine } = given(load({ profiles }), nodeUp(host));
  const [app] = addedBy(engine, add(host, 'app'));
  const { environment } = configurationOf(engine.graph, app!.fid);
  t.equal(environment['MERO_PROFILE_FID'], '0x7000000000000001:0x1');
});

t.test("a unit's name becomes one that a shell accepts", async (t) => {
  t.equal(variablePrefix('clovis-app'), 'CLOVIS_APP');
  t.equal(variablePrefix('s3.server 2'), 'S3_SERVER_2');
});

const written = { ...oddValues, ...oddLines };

/** Lets a shell source the file and print the value of each variable, each ended by a zero byte. */
const asRead = (shell: string, file: string, names: readonly string[]): string[] => {
  const print = names.map((name) => `printf '%s\\0' "$${name}"`).join('\n');
  const output = execFileSync(shell, ['-c', `set -eu\n. "$0"\n${print}`, file], {
    encoding: 'utf8',
    env: { PATH: '/usr/bin:/bin', HOME: '/nowhere' },
  });
  return output.split('\0').slice(0, -1);
};

for (const shell of ['sh', 'dash', 'bash'])
  t.test(`${shell} reads the values that were written`, async (t) => {
    const file = join(folderOf(t, {}), 'environment');
    writeFileSync(file, environmentFile(written));
    t.strictSame(asRead(shell, file, Object.keys(written)), Object.values(written));
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { minLength: 1 }), (texts) => {
        const values = texts.map((text) => text.replaceAll('\0', ''));
        const names = values.map((_, i) => `V${i}`);
        writeFileSync(
          file,
          environmentFile(Object.fromEntries(names.map((n, i) => [n, values[i]!]))),
        );
        t.strictSame(asRead(shell, file, names), values);
      }),
      { numRuns: 20 },
    );
  });

/** Needs systemd-tmpfiles, of Debian's package systemd or systemd-standalone-tmpfiles. */
const createFiles = (root: string, configuration: string): void => {
  try {
    execFileSync('systemd-tmpfiles', [`--root=${root}`, '--create', configuration]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('install systemd-standalone-tmpfiles: there is no systemd-tmpfiles', {
      cause: error,
    });
  }
};

/**
 * systemd has one reader for `EnvironmentFile=` and `os-release`. systemd-tmpfiles shows what it
 * makes of the latter: `%w` is VERSION_ID.
 */
t.test('systemd reads the values that were written', async (t) => {
  const root = folderOf(t, {});
  mkdirSync(join(root, 'etc'));
  for (const [name, value] of Object.entries(written)) {
    writeFileSync(join(root, 'etc', 'os-release'), environmentFile({ ID: 'x', VERSION_ID: value }));
    writeFileSync(join(root, 'value.conf'), 'f+ /value - - - - <%w>\n');
    createFiles(root, join(root, 'value.conf'));
    t.equal(readFileSync(join(root, 'value'), 'utf8'), `<${value}>`, name);
  }
});

t.test('a configuration stays as it is until the process changes', async (t) => {
  const engine: Engine = newEngine();
  for (const command of [load(), nodeUp(host)]) submit(engine, command);
  const [app] = addedBy(engine, add(host, 'app'));
  const before = configurationOf(engine.graph, app!.fid);
  commitOf(engine, add(host, 'm0t1fs', 's3server'));
  t.match(configurationOf(engine.graph, app!.fid), before);
});
