/** Where people say who they are. */

import { h } from './element.ts';
import type { Attributes, VNode } from './element.ts';
import { htmlOf } from './document.ts';
import { refusalOf } from './refusal.ts';
import type { Refused } from './refusal.ts';

export interface SignIn {
  /** The page to go on to, from the folder of the pages. */
  readonly back: string;
  /** As it was given; what is secret is never given back. */
  readonly user?: string | undefined;
  readonly refused?: Refused | undefined;
  /** Whether somebody was sent here from another page. */
  readonly isSent: boolean;
}

const field = (id: string, label: string, attributes: Attributes): VNode =>
  h(
    'p',
    null,
    h('label', { for: id }, label),
    h('input', { id, name: id, spellcheck: 'false', autocapitalize: 'none', ...attributes }),
  );

export const signInPage = ({ back, user, refused, isSent }: SignIn): string => {
  const form = (title: string, ...fields: VNode[]): VNode =>
    h(
      'form',
      { method: 'post', action: 'sign-in' },
      h('h2', null, title),
      h('input', { type: 'hidden', name: 'back', value: back }),
      ...fields,
      h('p', null, h('button', { type: 'submit' }, 'Sign in')),
    );
  return htmlOf({
    title: 'Sign in',
    up: '',
    reader: null,
    body: [
      refused ? refusalOf(refused) : null,
      isSent && !refused
        ? h(
            'p',
            null,
            'You have not signed in, your session has ended, or you followed a link from elsewhere. ',
            h('a', { href: back }, 'If you have signed in, go on.'),
          )
        : null,
      form(
        'By name and password',
        field('user', 'Name', { autocomplete: 'username', maxlength: 128, value: user ?? '' }),
        field('password', 'Password', {
          type: 'password',
          autocomplete: 'current-password',
          maxlength: 1024,
        }),
        field('code', 'Code of the authenticator, where you have one; or a recovery code', {
          autocomplete: 'one-time-code',
          maxlength: 64,
        }),
      ),
      form(
        'Or by a token',
        field('token', 'Token', { type: 'password', autocomplete: 'off', maxlength: 512 }),
      ),
    ],
  });
};
