/** What is asked before something is done at a console. */

import type { JSX } from 'preact';
import { Dialog } from '../../parts/dialog.tsx';
import { linesOf, pastedMax, shownOf } from './pasting.ts';
import { nameOf } from './seat-parts.ts';
import type { Holder } from './seat-parts.ts';

export type Question =
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'link'; readonly url: string }
  | { readonly kind: 'take'; readonly holder: Holder }
  | { readonly kind: 'break' }
  | { readonly kind: 'reconnect' };

interface AskingProps {
  readonly question: Question;
  readonly close: () => void;
  readonly agree: () => void;
}

export const Asking = ({ question, close, agree }: AskingProps): JSX.Element => {
  const { title, text, verb, isAllowed = true } = wordsOf(question);
  return (
    <Dialog title={title} close={close}>
      {text}
      <div class="buttons">
        {isAllowed ? (
          <button
            type="button"
            class="main"
            onClick={() => {
              close();
              agree();
            }}
          >
            {verb}
          </button>
        ) : null}
        <button type="button" onClick={close}>
          {isAllowed ? 'Leave it' : 'Close'}
        </button>
      </div>
    </Dialog>
  );
};

interface Words {
  readonly title: string;
  readonly text: JSX.Element;
  readonly verb: string;
  readonly isAllowed?: boolean;
}

const wordsOf = (question: Question): Words => {
  switch (question.kind) {
    case 'paste': {
      const { text } = question;
      const lines = linesOf(text);
      const isAllowed = text.length <= pastedMax;
      return {
        title: `Paste ${lines === 1 ? 'a line and its end' : `${lines} lines`}?`,
        text: isAllowed ? (
          <>
            <p>The machine may carry out each line as a command at once.</p>
            <pre class="pasted">{shownOf(text)}</pre>
          </>
        ) : (
          <p>It is too long: {pastedMax.toLocaleString('en')} characters are pasted at most.</p>
        ),
        verb: 'Paste',
        isAllowed,
      };
    }
    case 'link': {
      const isWeb = /^https?:\/\//i.test(question.url);
      return {
        title: isWeb ? 'Open a link of the machine?' : 'This link is not opened',
        text: (
          <>
            <p>
              {isWeb
                ? 'The machine wrote it. It leads to:'
                : 'Only links of the web are opened from here. The machine wrote:'}
            </p>
            <pre class="pasted">{question.url}</pre>
          </>
        ),
        verb: 'Open in a new tab',
        isAllowed: isWeb,
      };
    }
    case 'take': {
      const { holder } = question;
      return {
        title: 'Somebody types here',
        text: (
          <p>
            {nameOf(holder)} types, and has pressed nothing for {Math.round(holder.idle_ms / 1000)}{' '}
            s. Whoever types is told that you took over.
          </p>
        ),
        verb: 'Type instead',
      };
    }
    case 'break':
      return {
        title: 'Send a break?',
        text: (
          <p>
            A machine may take it as an order: Linux takes the next key as a SysRq command, some
            boot loaders stop.
          </p>
        ),
        verb: 'Send a break',
      };
    case 'reconnect':
      return {
        title: 'Have the console again?',
        text: <p>Whoever has the console of the machine now, by another program, loses it.</p>,
        verb: 'Have it again',
      };
  }
};
