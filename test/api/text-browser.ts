/** A browser as far as pages without JavaScript need one. */

import type { Answer, InProcess } from '../station/harness.ts';
import { attribute, documentIn, named, textOf } from '../web/html.ts';

export interface Browser {
  readonly cookie: () => string;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>;
  readonly post: (
    path: string,
    form: Record<string, string> | string,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
}

/** A browser that keeps the cookie as it is told to. */
export const browserOf = ({ app }: Pick<InProcess, 'app'>, token = ''): Browser => {
  let cookie = token === '' ? '' : `halcyon=${token}`;
  const send = async (
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    payload?: string,
  ): Promise<Answer> => {
    const answer = await app.inject({
      ...{ method, url: `/text${path}` },
      headers: { host: 'station.example', ...(cookie === '' ? {} : { cookie }), ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    const set = answer.headers['set-cookie'];
    if (typeof set === 'string')
      cookie = set.includes('Max-Age=0') ? '' : set.slice(0, set.indexOf(';'));
    const { statusCode: status, body: text } = answer;
    return { status, text, headers: answer.headers as Record<string, string>, body: undefined };
  };
  return {
    cookie: () => cookie,
    get: (path, headers = {}) => send('GET', path, headers),
    post: (path, form, headers = {}) =>
      send(
        'POST',
        path,
        { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        typeof form === 'string' ? form : new URLSearchParams(form).toString(),
      ),
  };
};

/** What a page says was refused. */
export const alertOf = (html: string): string =>
  named(documentIn(html), 'div')
    .filter((one) => attribute(one, 'role') === 'alert')
    .map(textOf)
    .join('\n');
