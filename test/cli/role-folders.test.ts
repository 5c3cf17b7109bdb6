/** `-r FOLDER`: which files of a folder are roles, and what is said of the others. */

import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { folderOf } from '../folder.ts';
import { stationHere } from './station-here.ts';
import { environment } from './station.ts';
import type { Ran } from './station.ts';
import { typed } from './typed.ts';

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'halon');

t.test("Halon's .ede files in a folder are read, and what is left out is named", async (t) => {
  const folder = folderOf(t, { home: {}, roles: {}, empty: { 'README.md': '' } });
  copyFileSync(join(fixtures, 'halon_facts.yaml'), join(folder, 'facts.yaml'));
  copyFileSync(
    join(fixtures, 'mero_role_mappings.yaml'),
    join(folder, 'roles/mero_role_mappings.ede'),
  );
  const { url, token } = await stationHere(t);
  const env = environment(join(folder, 'home'), { HALCYON_STATION: url, HALCYON_TOKEN: token });
  const load = (roles: string): Promise<Ran> =>
    typed(`halctl cluster load -f facts.yaml -r ${roles} --verify`, folder, env);

  t.match(await load('empty'), { code: 2, err: /there is no \.yaml or \.ede file in empty/ });
  const alone = await load('roles');
  t.match(alone, { code: 0, out: /The files are right/ });
  t.notMatch(alone.err, /note:/);

  for (const name of ['README.md', 'old.ede~', 'roles.json', '.hidden.ede'])
    writeFileSync(join(folder, 'roles', name), 'no roles: [');
  const beside = await load('roles');
  t.equal(beside.code, 0);
  t.match(
    beside.err,
    /note: of roles, only \.yaml, \.yml and \.ede files are read, not README\.md, old\.ede~, roles\.json\n/,
  );

  // They are read, not only tolerated: a mistake in one has its place.
  mkdirSync(join(folder, 'broken'));
  writeFileSync(join(folder, 'broken', 'mine.ede'), 'just text\n');
  t.match(await load('broken'), { code: 4, err: /^broken\/mine\.ede:\d+:\d+: /m });

  const loaded = await typed('halctl cluster load -f facts.yaml -r roles --yes', folder, env);
  t.equal(loaded.code, 0, loaded.err);
});
