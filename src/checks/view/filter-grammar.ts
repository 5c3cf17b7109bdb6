/**
 * The one grammar of filters: `ssh:down and reason~"Not resp*" and not @hw`.
 *
 * Terms stand beside each other or are joined by `and`, `or`, `not` (also `!`) and parentheses; `and` binds more
 * tightly than `or`. A term is a comparison of a column, a group (`@hw`), or a word that is looked for everywhere.
 */

/** Characters of a filter, and terms in it. */
export const filterLengthMax = 4096;
export const termsMax = 200;
const depthMax = 50;

/** What is wrong with a filter, and at which of its characters, from 1. */
export class FilterError extends Error {
  override readonly name = 'FilterError';
  readonly position: number;
  /** The word that was probably meant. */
  readonly near: string | undefined;

  constructor(message: string, position: number, near?: string) {
    super(
      `${message}, at character ${position} of the filter${near === undefined ? '' : `; did you mean "${near}"?`}`,
    );
    this.position = position;
    this.near = near;
  }
}

export const operators = ['!~', '!=', '>=', '<=', '~=', '==', ':', '=', '~', '<', '>'] as const;
export type Operator = (typeof operators)[number];

export interface Comparison {
  readonly kind: 'comparison';
  readonly column: string;
  readonly operator: Operator;
  readonly value: string;
  /** Of the column, and of the value, from 1. */
  readonly at: number;
  readonly valueAt: number;
}

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Filter[] }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'group'; readonly name: string; readonly at: number }
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | Comparison;

interface Token {
  readonly kind: 'word' | 'quoted' | 'operator' | '(' | ')' | '!';
  readonly text: string;
  /** From 1. */
  readonly at: number;
  /** Whether nothing stands between it and the token before. */
  readonly joined: boolean;
}

const tokensOf = (text: string): Token[] => {
  if (text.length > filterLengthMax)
    throw new FilterError(`it is longer than ${filterLengthMax} characters`, filterLengthMax + 1);
  const tokens: Token[] = [];
  let [at, end] = [0, -1];
  const add = (kind: Token['kind'], token: string, length: number): void => {
    tokens.push({ kind, text: token, at: at + 1, joined: end === at });
    at += length;
    end = at;
  };
  while (at < text.length) {
    const character = text[at]!;
    const isValue = tokens.at(-1)?.kind === 'operator';
    const operator = isValue ? undefined : operators.find((one) => text.startsWith(one, at));
    if (/\s/.test(character)) at += 1;
    else if (character === '(' || character === ')') add(character, character, 1);
    else if (character === '"' || character === "'") addQuoted(text, at, add);
    else if (operator) add('operator', operator, operator.length);
    else if (character === '!') add('!', '!', 1);
    else {
      const word = wordAt(text, at, isValue);
      add('word', word, word.length);
    }
  }
  return tokens;
};

const addQuoted = (
  text: string,
  at: number,
  add: (kind: 'quoted', token: string, length: number) => void,
): void => {
  const quote = text[at]!;
  let value = '';
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] === quote) return add('quoted', value, i + 1 - at);
    if (text[i] === '\\' && i + 1 < text.length) i += 1;
    value += text[i];
  }
  throw new FilterError('a quotation begins and does not end', at + 1);
};

/** A value may hold what would be an operator, such as a time, and a group its source; a column may not. */
const wordAt = (text: string, at: number, isValue: boolean): string => {
  const form = isValue ? /^[^\s()]+/ : text[at] === '@' ? /^[^\s()"'!=~<>]+/ : /^[^\s()"'!=~<>:]+/;
  return form.exec(text.slice(at))?.[0] ?? text[at]!;
};

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #terms = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  whole(): Filter | null {
    if (this.#tokens.length === 0) return null;
    const filter = this.#or();
    const left = this.#tokens[this.#next];
    if (left) throw new FilterError(`"${left.text}" stands where nothing opened it`, left.at);
    return filter;
  }

  #or(): Filter {
    const of = [this.#and()];
    while (this.#takesWord('or')) of.push(this.#and());
    return of.length === 1 ? of[0]! : { kind: 'or', of };
  }

  #and(): Filter {
    const of = [this.#not()];
    for (;;) {
      const isJoined = this.#takesWord('and');
      const next = this.#tokens[this.#next];
      const ends = !next || next.kind === ')' || (next.kind === 'word' && /^or$/i.test(next.text));
      if (ends && !isJoined) break;
      of.push(this.#not());
    }
    return of.length === 1 ? of[0]! : { kind: 'and', of };
  }

  #not(): Filter {
    if (this.#takesWord('not') || this.#takes('!')) return this.#deeper(() => this.#negated());
    if (this.#takes('(')) return this.#deeper(() => this.#inParentheses());
    return this.#term();
  }

  #negated(): Filter {
    return { kind: 'not', of: this.#not() };
  }

  #inParentheses(): Filter {
    const opened = this.#tokens[this.#next - 1]!;
    const inner = this.#or();
    if (!this.#takes(')'))
      throw new FilterError('a parenthesis opens and does not close', opened.at);
    return inner;
  }

  #deeper(read: () => Filter): Filter {
    this.#depth += 1;
    if (this.#depth > depthMax)
      throw new FilterError(`it is more than ${depthMax} deep`, this.#place());
    const filter = read();
    this.#depth -= 1;
    return filter;
  }

  #term(): Filter {
    const token = this.#tokens[this.#next];
    if (!token) throw new FilterError('something is missing at its end', this.#text.length + 1);
    this.#terms += 1;
    if (this.#terms > termsMax)
      throw new FilterError(`it has more than ${termsMax} terms`, token.at);
    if (token.kind === ')' || token.kind === 'operator')
      throw new FilterError(`"${token.text}" stands where a column or a word should`, token.at);
    this.#next += 1;
    const operator = this.#tokens[this.#next];
    if (token.kind === 'word' && operator?.kind === 'operator')
      return this.#comparison(token, operator);
    if (token.kind === 'word' && token.text.startsWith('@'))
      return { kind: 'group', name: token.text.slice(1), at: token.at };
    return { kind: 'text', text: token.text, at: token.at };
  }

  #comparison(column: Token, operator: Token): Comparison {
    this.#next += 1;
    const value = this.#tokens[this.#next];
    if (!value || (value.kind !== 'word' && value.kind !== 'quoted'))
      throw new FilterError(
        `"${column.text}${operator.text}" has nothing to compare with`,
        value?.at ?? this.#text.length + 1,
      );
    this.#next += 1;
    return {
      kind: 'comparison',
      column: column.text,
      operator: operator.text as Operator,
      value: value.text,
      at: column.at,
      valueAt: value.at,
    };
  }

  #takes(kind: Token['kind']): boolean {
    if (this.#tokens[this.#next]?.kind !== kind) return false;
    this.#next += 1;
    return true;
  }

  /** `and:x` compares a column; `and` joins. */
  #takesWord(word: string): boolean {
    const [token, after] = [this.#tokens[this.#next], this.#tokens[this.#next + 1]];
    if (token?.kind !== 'word' || token.text.toLowerCase() !== word) return false;
    if (after?.kind === 'operator' && after.joined) return false;
    this.#next += 1;
    return true;
  }

  #place(): number {
    return this.#tokens[this.#next]?.at ?? this.#text.length + 1;
  }
}

/** Reads a filter; null: it is empty, and all machines pass. Throws a `FilterError`. */
export const parseFilter = (text: string): Filter | null => new Parser(text).whole();
