/**
 * The package as somebody gets it: built and packed as the quick start says, installed into an empty
 * folder, and run there, with nothing of the clone.
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { Terminal } from '../docs/terminal.ts';
import { folderOf } from '../folder.ts';

const root = join(import.meta.dirname, '..', '..');

/** Longest time for a build or an installation, on a machine that has much else to do, ms. */
const longest = 300_000;

/** A program of somebody who uses the libraries: what it is told has types, and they are checked. */
const userProgram = `
import { readFileSync } from 'node:fs';
import { ApiError, createClient } from 'halcyon/client';
import type { Client, Page, Process, Status } from 'halcyon/client';
import { createIpmi, getChassisStatus, IpmiError } from 'halcyon/ipmi';

const client: Client = createClient({
  station: process.env['HALCYON_STATION'] ?? '',
  token: readFileSync(process.env['HALCYON_TOKEN_FILE'] ?? '', 'utf8').trim(),
});
const status: Status = await client.status();
const processes: Page<Process> = await client.listProcesses();
// @ts-expect-error a revision is a number
const wrong: string = status.revision;
const refusal = await client.getHost('nobody.example').then(
  () => 'none',
  (error: unknown) => (error instanceof ApiError ? error.code : 'another'),
);
const ipmi = createIpmi();
const isOn = async (host: string): Promise<boolean> => {
  const session = await ipmi.open({ host, user: 'oper', password: 'x'.repeat(21) });
  return (await session.send(getChassisStatus)).on;
};
const reason = await isOn('192.0.2.1').catch((error: unknown) =>
  error instanceof IpmiError ? error.reason : 'another',
);
console.log(status.cluster, typeof wrong, processes.items.length, refusal, reason);
`;

/** The compiler is the clone's, and so are the types of Node; all else is found in the folder. */
const userSettings = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  },
  files: ['program.mts'],
};

/** A shell in an empty folder that finds Node.js 24, npm, and what it installs there. */
const terminalIn = (t: Test, folder: string): Terminal => {
  const terminal = new Terminal(folder, {
    // How npm reaches the registry is the developer's own; whom the machine trusts there, Node.js
    // does not know by itself.
    ...process.env,
    NODE_USE_SYSTEM_CA: '1',
    PATH: [
      join(folder, 'node_modules', '.bin'),
      dirname(process.execPath),
      process.env['PATH'] ?? '',
    ].join(':'),
    XDG_CONFIG_HOME: folder,
    LC_ALL: 'C.UTF-8',
    TERM: 'dumb',
  });
  t.teardown(() => terminal.close());
  return terminal;
};

interface Manifest {
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;

/** Packages that the files of a folder import, whether values or types. */
const packagesImportedIn = (folder: string): ReadonlySet<string> => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const imports = files
    .filter((file) => /\.(js|d\.ts)$/.test(file))
    .flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(
        /^(?:import|export)\b[^;]*?from '([^'.][^']*)'|\bimport\(["']([^"'.][^"']*)["']\)/gm,
      ),
    ])
    .map(([, from, loaded]) => from ?? loaded ?? '');
  return new Set(
    imports
      .filter((name) => !isBuiltin(name))
      .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name),
  );
};

t.setTimeout(4 * longest);

t.test('the package is built, packed, installed and run', { timeout: 3 * longest }, async (t) => {
  const folder = folderOf(t, { packed: {}, here: { 'package.json': '{}' } });
  const packed = join(folder, 'packed');
  const here = join(folder, 'here');
  const terminal = terminalIn(t, here);
  const does = async (line: string): Promise<string> => {
    const { code, output, failed } = await terminal.run(line, longest);
    // What follows needs it, and would only hide why it failed.
    if (code !== 0 || failed !== '') throw new Error(`${line}\nexit code ${code}: ${output}`);
    return output;
  };

  await does(
    `(cd '${root}' && npm pack --loglevel error --pack-destination '${packed}' </dev/null)`,
  );
  await does(
    `npm install --omit=dev --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel error '${packed}'/*.tgz </dev/null`,
  );
  const installed = join(here, 'node_modules', 'halcyon');

  await t.test(
    'what it needs is what its manifest says, and it carries what it says',
    async (t) => {
      const needed = packagesImportedIn(join(installed, 'dist'));
      t.ok(needed.has('fastify') && needed.has('typebox') && needed.has('ws'), 'imports are found');
      const declared = Object.keys(manifest.dependencies);
      t.same([...needed.difference(new Set(declared))], [], 'imported and not declared');
      t.same(
        manifest.files.filter((name) => !readdirSync(installed).includes(name)),
        [],
        'not in the package',
      );
    },
  );

  t.equal(await does('halcyon --version'), `${manifest.version}\n`);
  t.match(await does('halctl --help'), /cluster.*\n.*system/s);

  await does(`umask 077
    halcyon station --data data --listen 127.0.0.1:0 --log-level error >station.out 2>&1 &
    until grep -q ^bootstrap station.out; do sleep 0.1; done
    sed -n 's/^bootstrap admin token: //p' station.out >admin.token
    export HALCYON_STATION=$(sed -n 's/^listening on //p' station.out) HALCYON_TOKEN_FILE=$PWD/admin.token`);
  const loaded = await does(
    'halctl cluster load -f node_modules/halcyon/facts.example.yaml -r node_modules/halcyon/roles',
  );
  t.match(loaded, 'hosts declared:   3');
  t.match(await does('halctl cluster status --summary'), 'Cluster example');

  // The page in the browser is part of it, with all that it loads.
  const document = await does('curl -sSf "$HALCYON_STATION/machines/node1.halcyon.example"');
  t.match(document, '<base href="../" />');
  const script = /src="\.\/(assets\/[\w-]+\.js)"/.exec(document)?.[1] ?? 'none';
  t.equal(
    await does(`curl -sSf -o page.js -w '%{content_type}' "$HALCYON_STATION/${script}"`),
    'text/javascript; charset=utf-8',
  );

  writeFileSync(join(here, 'program.mts'), userProgram);
  writeFileSync(join(here, 'tsconfig.json'), JSON.stringify(userSettings));
  await does(`'${join(root, 'scripts', 'tsc')}' -p .`);
  t.equal(await does('node program.mjs'), 'example number 0 unknown-host settings\n');
});
