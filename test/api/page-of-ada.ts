/** A station that listens, with a user, and a browser that shows its page. */

import type { Test } from 'tap';
import { systemTime } from '../../src/station/time.ts';
import { openStation } from '../station/harness.ts';
import type { Choices, InProcess } from '../station/harness.ts';
import { PageBrowser } from './page-browser.ts';
import type { PageAnswer, Send } from './page-browser.ts';

export const password = 'correct horse battery';

export interface PageOfAda extends InProcess {
  readonly clock: { now: number };
  readonly url: string;
  readonly browser: PageBrowser;
  readonly page: (address: string, send?: Send) => Promise<PageAnswer>;
  readonly signIn: (change?: object) => Promise<PageAnswer>;
}

export const withAda = async (
  t: Test,
  role = 'operator',
  choices: Choices = {},
): Promise<PageOfAda> => {
  const clock = { now: 1_790_000_000_000 };
  const opened = await openStation(t, {
    ...{ time: { ...systemTime, now: () => clock.now, monotonic: () => 0 } },
    ...choices,
  });
  const { ask, app } = opened;
  await ask('POST', '/users', { name: 'ada', role });
  await ask('PUT', '/users/ada/password', { password });
  await ask('POST', '/hosts', { fqdn: 'n1.savio3' });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const browser = new PageBrowser();
  const page = browser.page(`${url}/`);
  const signIn = (change: object = {}): Promise<PageAnswer> =>
    page('session', { method: 'POST', body: { user: 'ada', password, ...change } });
  return { ...opened, clock, url, browser, page, signIn };
};
