/** Colours, where they are wanted. They never carry a meaning that words do not. */

import { toneOfState } from '../../client/view/states.ts';

export type Paint = (text: string) => string;

export interface Palette {
  readonly good: Paint;
  readonly bad: Paint;
  readonly busy: Paint;
  readonly faint: Paint;
  readonly strong: Paint;
}

const sgr =
  (open: number, close: number): Paint =>
  (text) =>
    `\u001b[${open}m${text}\u001b[${close}m`;
const plainly: Paint = (text) => text;

export const plain: Palette = {
  good: plainly,
  bad: plainly,
  busy: plainly,
  faint: plainly,
  strong: plainly,
};
export const coloured: Palette = {
  good: sgr(32, 39),
  bad: sgr(31, 39),
  busy: sgr(33, 39),
  faint: sgr(2, 22),
  strong: sgr(1, 22),
};

/** Colours are for terminals, and not where https://no-color.org says no. */
export const paletteFor = (
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Palette => (isTerminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb' ? coloured : plain);

/** Colours the word for a state of a host or process; `text` is the word with its padding. */
export const paintState = (palette: Palette, state: string, text: string): string =>
  palette[toneOfState(state)](text);
