/** A page of text: what all pages have around what they are about. Nothing in them runs, and nothing is inline. */

import { h } from './element.ts';
import type { ComponentChildren, VNode } from './element.ts';
import { renderToString } from 'preact-render-to-string';
import { printable } from '../../terminal/lines.ts';

/** Who looks. */
export interface Reader {
  /** `ada`, or `token 0123456789ab`. */
  readonly name: string;
  readonly role: string;
}

export interface Page {
  readonly title: string;
  /** From the address of this page to the folder of the pages: empty, or `../`. All links are relative. */
  readonly up: string;
  /** Null: nobody has signed in. */
  readonly reader: Reader | null;
  readonly body: ComponentChildren;
}

/**
 * A page as HTML. Preact escapes what is markup; what else a browser or a terminal would act on, or would turn the
 * direction of what is read, is escaped in the whole of it, wherever it came from.
 */
export const htmlOf = (page: Page): string =>
  `<!doctype html>\n${printable(renderToString(documentOf(page)))}\n`;

const documentOf = ({ title, up, reader, body }: Page): VNode =>
  h(
    'html',
    { lang: 'en' },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      h('meta', { name: 'color-scheme', content: 'light dark' }),
      h('title', null, `${title} - Halcyon`),
      h('link', { rel: 'stylesheet', href: `${up}style.css` }),
    ),
    h(
      'body',
      null,
      h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
      headerOf(up, reader),
      h('main', { id: 'main', tabindex: -1 }, h('h1', null, title), body),
    ),
  );

const headerOf = (up: string, reader: Reader | null): VNode =>
  h(
    'header',
    null,
    h('nav', { 'aria-label': 'Pages' }, h('a', { href: `${up}fleet` }, 'Fleet')),
    reader === null
      ? null
      : h(
          'form',
          { method: 'post', action: `${up}sign-out` },
          h('span', null, `${reader.name} (${reader.role}) `),
          h('button', { type: 'submit' }, 'Sign out'),
        ),
  );
