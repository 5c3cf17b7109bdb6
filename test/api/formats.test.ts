/** Halon's files and native ones say the same: loaded, they give the same cluster. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { openStation, reported, root } from '../station/harness.ts';
import type { Ask } from '../station/harness.ts';

const file = (...path: string[]): { name: string; text: string } => {
  const name = join('test', 'fixtures', ...path);
  return { name, text: readFileSync(join(root, name), 'utf8') };
};

const formats = {
  halon: {
    facts: file('halon', 'halon_facts.yaml'),
    roles: [file('halon', 'mero_role_mappings.yaml')],
  },
  native: { facts: file('native', 'facts.yaml'), roles: [file('native', 'roles.yaml')] },
};

/** What was allocated, everything that a process is told included. */
const processesOf = async (ask: Ask): Promise<object[]> => {
  const { body } = await ask('GET', '/processes');
  const fids = body.items.map(({ fid }: { fid: string }) => fid) as string[];
  return Promise.all(
    fids.map(async (fid) => {
      const {
        created: _c,
        changed: _d,
        since: _s,
        ...process
      } = (await ask('GET', `/processes/${fid}`)).body;
      const configuration = (await ask('GET', `/processes/${fid}/configuration`)).body;
      return { process, configuration };
    }),
  );
};

/** Loads the files, adds clients to a host of theirs and to one that they do not know. */
const grow = async (t: Test, format: keyof typeof formats): Promise<object[]> => {
  const { ask } = await openStation(t);
  const loaded = await ask('POST', '/load', formats[format]);
  t.equal(loaded.status, 200, JSON.stringify(loaded.body));
  await ask('PUT', '/hosts/new.example/facts', reported('10.0.0.77'));
  for (const host of ['cl1.example', 'new.example'])
    for (const role of ['s3server', 'clovis-app'])
      t.equal((await ask('POST', '/processes', { host, role })).status, 201, `${role} on ${host}`);
  return processesOf(ask);
};

t.test('both formats load and allocate the same processes', async (t) => {
  const [halon, native] = [await grow(t, 'halon'), await grow(t, 'native')];
  t.ok(halon.length > 20, `${halon.length} processes`);
  t.same(native, halon);
});
