/** The example for Patroni has the settings that `scripts/cluster` runs with, and that the page about it is tried with. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { initdb, settings } from '../../scripts/trial/patroni.ts';
import { root } from '../station/harness.ts';

interface Example {
  readonly bootstrap: { readonly dcs: object; readonly initdb: object };
  readonly postgresql: { readonly pg_hba: readonly string[] };
}

t.test('the example for Patroni is what is tried', async (t) => {
  const file = join(root, 'packaging', 'patroni', 'patroni.yml');
  const example = parse(readFileSync(file, 'utf8')) as Example;
  t.same(example.bootstrap.dcs, settings);
  t.same(example.bootstrap.initdb, initdb);
  const { ttl, loop_wait: loop, retry_timeout: retry } = settings;
  t.ok(loop + 2 * retry <= ttl, 'a primary that is alive has time to say so');
  for (const line of example.postgresql.pg_hba)
    t.match(line, /^local .* peer$|^hostssl .* scram-sha-256$/, 'nobody is believed without proof');
});
