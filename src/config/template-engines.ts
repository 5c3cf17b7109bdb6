/** The engines of the template language: Liquid without what depends on more than the variables. */

import { CaptureTag, Drop, Liquid, TokenKind } from 'liquidjs';
import type { Context, FilterImplOptions, Token } from 'liquidjs';
import { counted, countedFilter, countedOperators, countTemplates } from './counted-engine.ts';
import { opened, sealed } from './held-values.ts';

/**
 * What becomes of a value that a template prints: its text, or a seal, for a text that is yet to
 * become YAML.
 */
export type Printing = 'plain' | 'sealed';

/** Characters of one template. */
const parseLimit = 1_000_000;

/** Whole numbers beyond 2^53 and what is none: arithmetic gave something else than the right result. */
const isExact = (value: number): boolean =>
  Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);

/** What a value of a template is as JSON. */
export const undress = (value: unknown): unknown => {
  if (value instanceof Drop) return undress(value.valueOf());
  if (Array.isArray(value)) return value.map(undress);
  if (typeof value !== 'object' || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, undress(child)]));
};

/** Lists and maps print as JSON, which is YAML too. */
export const print = (value: unknown): string => {
  const plain = undress(value);
  if (plain === null) return '';
  if (typeof plain === 'number' && !isExact(plain))
    throw new Error('a number became too large to be exact');
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
};

/** A list with something between its elements: they are sealed each, what is between is not. */
class JoinedList extends Drop {
  readonly #elements: readonly unknown[];
  readonly #between: string;

  constructor(elements: readonly unknown[], between: string) {
    super();
    this.#elements = elements;
    this.#between = between;
  }

  override valueOf(): string {
    return this.#elements.map(print).join(this.#between);
  }

  sealed(): string {
    return this.#elements.map((element) => sealed(undress(element))).join(this.#between);
  }
}

const seal = (value: unknown): string =>
  value instanceof JoinedList ? value.sealed() : sealed(undress(value));

/** What the role's author wrote between elements may be structure; a variable is a value. */
const join: FilterImplOptions = function (this, value: unknown, between: unknown = ' ') {
  const [argument] = this.token.args as readonly (Token | undefined)[];
  const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
  const list = new JoinedList(elements, print(between));
  return argument === undefined || argument.kind === TokenKind.Quoted ? list : list.valueOf();
};

/** What is captured is a value again, for filters and conditions. */
class OpenedCapture extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    yield* super.render(context);
    const scope = context.bottom() as Record<string, unknown>;
    scope[this.variable] = opened(String(scope[this.variable]));
  }
}

const makeEngine = (printing: Printing): Liquid => {
  const liquid = new Liquid({
    // Otherwise that of the machine, and finding it out takes longer than all else here.
    locale: 'en-US',
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    operators: countedOperators,
    outputEscape: counted(printing === 'plain' ? print : seal),
    parseLimit,
  });
  for (const tag of ['include', 'render', 'layout', 'block']) delete liquid.tags[tag];
  for (const filter of Object.keys(liquid.filters)) {
    // What does not depend on the variables alone would make one role two.
    if (filter === 'sample' || filter.startsWith('date')) delete liquid.filters[filter];
  }
  // Liquid's own would print the value past the seal.
  liquid.registerFilter('raw', (value: unknown) => value);
  if (printing === 'sealed') {
    liquid.registerFilter('join', join);
    liquid.registerTag('capture', OpenedCapture);
  }
  for (const [name, filter] of Object.entries(liquid.filters))
    liquid.registerFilter(name, countedFilter(filter));
  countTemplates(liquid);
  return liquid;
};

export const engines: Readonly<Record<Printing, Liquid>> = {
  plain: makeEngine('plain'),
  sealed: makeEngine('sealed'),
};
