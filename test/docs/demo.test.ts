/** The demo, as somebody runs it who has just cloned this. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { root, temporary } from '../station/harness.ts';

/** For each thing that the demo waits for, s: this machine may have much else to do. */
const patience = '150';

/** What it ends with, in this order. */
const story: readonly (readonly [string, RegExp])[] = [
  ['a fleet table with a machine that is on and silent', /^node3\S* +✗ on .*no heartbeat/m],
  ['a suggestion', /^Suggested: power-cycle, that is: cycle its power\.$/m],
  ['what its checks have found, as evidence', /^ {2}tcp: no answer on port \d+ {2}\(/m],
  ['its agent, as evidence', /^ {2}agent: not heard from {2}\(/m],
  ['its power, as evidence', /^ {2}power is on {2}\(/m],
  ['a grant for it', /^hosts +node3\.halcyon\.example$/m],
  ['its reboot', /^\$ halctl reboot node3\.halcyon\.example/m],
  ['the end of that', /^node3\.halcyon\.example: rebooted\.$/m],
  ['its history', /^\$ halctl status history node3\.halcyon\.example/m],
  ['its new boot in that', / boot +agent:node3\S* +up: [0-9a-f-]{36}$/m],
  ['each step in that', / cycle is done/],
  ['the grant in that', /a grant was used for power/],
  ['a fleet that is well', /^node3\S* +✓ up /m],
];

t.test(
  'the demo ends with a silent machine that is found, suggested, rebooted and well',
  async (t) => {
    const demo = join(temporary(t, 'halcyon-demo-'), 'of it all');
    // As after a clone: of the sources as they are.
    const { HALCYON_JOINED: _joined, ...inherited } = process.env;
    const env = { ...inherited, HALCYON_DEMO: demo, HALCYON_DEMO_PATIENCE: patience };
    const run = promisify(execFile)(join(root, 'scripts', 'demo'), [], { env, maxBuffer: 1 << 24 });
    t.teardown(async () => {
      // It stops what it has started before it ends.
      run.child.kill();
      await run.catch(() => undefined);
    });
    const { stdout } = await run;
    let rest = stdout;
    for (const [what, pattern] of story) {
      const found = pattern.exec(rest);
      t.ok(found, `then ${what}`);
      if (found) rest = rest.slice(found.index + found[0].length);
      else t.comment(rest);
    }
    t.notOk(existsSync(demo), 'nothing of it is left');
  },
);
