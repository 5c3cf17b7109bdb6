/** The demo, as somebody runs it who has just cloned this, and the page that it leaves, as `docs/web.md` leads through it. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { root, temporary } from '../station/harness.ts';
import { openBrowser, visit } from '../web/chromium.ts';

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

/** The two minutes of `docs/web.md`. */
const lookRound = async (t: Test, link: string): Promise<void> => {
  const browser = await openBrowser(t);
  const { page, complaints } = await visit(t, browser);
  await page.goto(link);
  await page.getByRole('link', { name: 'node3.halcyon.example' }).click();
  await page.getByRole('heading', { name: 'node3.halcyon.example' }).waitFor();
  t.notMatch(page.url(), /sign-in/, 'the link does not stay in the address');
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await page.getByText('if it hangs again: look at its memory').first().waitFor();
  await page.getByRole('link', { name: 'Console', exact: true }).click();
  await page.getByText('you look on').waitFor();
  await page.getByText('Starting system services').first().waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'why', exact: true }).first().click();
  await page.getByRole('heading', { name: 'What set off what, in this commit' }).waitFor();
  await page.getByRole('link', { name: 'The cluster then' }).click();
  await page.getByRole('status').filter({ hasText: 'This is the past' }).waitFor();
  await page.getByRole('link', { name: 'node3.halcyon.example' }).waitFor();
  await page.keyboard.press('t');
  await page.getByRole('slider').waitFor();
  await page.getByRole('button', { name: 'Back to now' }).first().click();
  await page
    .getByRole('status')
    .filter({ hasText: 'This is the past' })
    .waitFor({ state: 'detached' });
  t.same(complaints, [], 'and the browser complained of nothing');
};

t.test(
  'the demo ends with a silent machine that is found, suggested, rebooted and well',
  async (t) => {
    const demo = join(temporary(t, 'halcyon-demo-'), 'of it all');
    // As after a clone: of the sources as they are.
    const { HALCYON_JOINED: _joined, ...inherited } = process.env;
    const env = { ...inherited, HALCYON_DEMO: demo, HALCYON_DEMO_PATIENCE: patience };
    const script = (option: string) =>
      promisify(execFile)(join(root, 'scripts', 'demo'), [option], { env, maxBuffer: 1 << 24 });
    const run = script('--keep');
    let isOver = false;
    t.teardown(async () => {
      run.child.kill();
      await run.catch(() => undefined);
      if (!isOver) await script('--stop');
    });
    const { stdout } = await run;
    let rest = stdout;
    for (const [what, pattern] of story) {
      const found = pattern.exec(rest);
      t.ok(found, `then ${what}`);
      if (found) rest = rest.slice(found.index + found[0].length);
      else t.comment(rest);
    }
    const link = /^  (http:\S+#sign-in=\S+)$/m.exec(rest)?.[1];
    t.ok(link, 'then a link that signs in at its page');
    if (link !== undefined) await lookRound(t, link);
    await script('--stop');
    isOver = true;
    t.notOk(existsSync(demo), 'nothing of it is left');
  },
);
