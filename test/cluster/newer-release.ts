/**
 * The next release of Halcyon, as a program: the sources as they are, with a higher version and one more event, which
 * an older reader may leave out. Earlier releases cannot be built from a clone without history; this one always can.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Test } from 'tap';

const root = join(import.meta.dirname, '..', '..');

export const newerVersion = '99.0.0';

/** In which release a station leads: an older one leaves that out. */
export const unknownToOlder = 'StationReleased';

/** By file: what is there, and what is there instead. */
const changes: readonly (readonly [file: string, old: string, next: string])[] = [
  [
    'src/core/events/stations.ts',
    'export const stationEvents = {\n',
    `export const stationEvents = {
  ${unknownToOlder}: event(
    1,
    Type.Object({ station: Station, release: Type.String() }, closed),
    { station, release: '${newerVersion}' },
    { ignorable: true },
  ),
`,
  ],
  [
    'src/core/graph/evolve/stations.ts',
    'export const stationEvolvers: Evolvers<typeof stationEvents> = {\n',
    `export const stationEvolvers: Evolvers<typeof stationEvents> = {
  ${unknownToOlder}: () => undefined,
`,
  ],
  [
    'src/core/commands/stations.ts',
    "{ type: 'StationLed', data: { term, station, url } }]",
    "{ type: 'StationLed', data: { term, station, url } }, " +
      `{ type: '${unknownToOlder}', data: { station, release: '${newerVersion}' } }]`,
  ],
];

const replaceIn = (path: string, old: string | RegExp, next: string): void => {
  const text = readFileSync(path, 'utf8');
  const changed = text.replace(old, () => next);
  if (changed === text) throw new Error(`${path} has changed: where is ${old} now?`);
  writeFileSync(path, changed);
};

/** @returns the folder of its programs, for `HALCYON_JOINED` */
export const newerRelease = async (t: Test): Promise<string> => {
  const copy = mkdtempSync(join(tmpdir(), 'halcyon-newer-'));
  t.teardown(() => rmSync(copy, { recursive: true, force: true }));
  for (const part of ['src', 'scripts', 'package.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const [file, old, next] of changes) replaceIn(join(copy, file), old, next);
  replaceIn(join(copy, 'package.json'), /"version": *"[^"]+"/, `"version": "${newerVersion}"`);
  const joining = pathToFileURL(join(copy, 'scripts', 'checks', 'joined-programs.ts')).href;
  const { joinPrograms } = (await import(joining)) as { joinPrograms: () => Promise<string> };
  return joinPrograms();
};
