/** Bodies as JSON: what was sent is what arrives, or the request is refused. */

import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './errors.ts';
import { nestingMax } from './nesting.ts';
import { keyWithBackslash, repeatedKey } from './repeated-keys.ts';

/** A number of 16 digits, with a fraction, with an exponent, or -0: where one may not be what it says. */
const doubtful = /[:[,]\s*-?(?:\d{16}|\d+[.eE]|0(?<=-0))/;
/** Half of a character beyond the first 65,536, as an escape. */
const half = /\\u[dD][89a-fA-F]/;

/** A decimal number without what changes nothing: its digits, and the power of ten of the last one. */
const decimal = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  if (kept === '') return '0';
  return `${sign}${kept}e${Number(power) - fraction.length + digits.length - kept.length}`;
};

/** Whether a number is still what was written; where it may become text, also in how it looks. */
const isSame = (value: number, source: string): boolean =>
  Number.isFinite(value) && decimal(String(value)) === decimal(source);

/** A number that would be printed otherwise than it was written, until its field is known. */
class Odd {
  readonly source: string;
  readonly value: number;

  constructor(source: string, value: number) {
    this.source = source;
    this.value = value;
  }
}

/** Whether a number is printed as it was written, and no other is taken for it. */
const isPlain = (value: number, source: string): boolean =>
  String(value) === source && (!Number.isInteger(value) || Number.isSafeInteger(value));

const keepOdd = (_key: string, value: unknown, { source }: { source?: string } = {}): unknown =>
  typeof value === 'number' && source !== undefined && !isPlain(value, source)
    ? new Odd(source, value)
    : value;

/** The field whose values may become texts of a process's environment, where looks count. */
const freeForm = 'overrides';

const refusal = (path: readonly string[], what: string): ApiError => {
  const steps = path.map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`));
  const field = steps.join('').replace(/^\./, '');
  return new ApiError('invalid-request', `body ${field} ${what}`, { field });
};

/** Throws at the first value that would not arrive as it was sent. */
const check = (value: unknown, path: readonly string[]): void => {
  if (value instanceof Odd) {
    if (!isSame(value.value, value.source))
      throw refusal(path, `is a number that cannot be kept exactly`);
    if (path.includes(freeForm))
      throw refusal(path, 'may not be printed as it is written; send it as text');
  } else if (typeof value === 'string' && !value.isWellFormed()) {
    throw refusal(path, 'holds half a character');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, child] of Object.entries(value)) check(child, [...path, key]);
  }
};

const textOf = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new ApiError('invalid-request', 'the body is not UTF-8');
  const text = bytes.toString('utf8');
  const wrongKey = keyWithBackslash(text, nestingMax);
  if (wrongKey) throw refusal(wrongKey, 'has a backslash in its name');
  if (doubtful.test(text) || half.test(text)) check(JSON.parse(text, keepOdd), []);
  return text;
};

/** What is wrong with a value that a parser has made of a text. */
const wrongIn = (value: unknown, text: string): ApiError | null => {
  const repeated = repeatedKey(text, value, nestingMax);
  return repeated ? refusal(repeated, 'is given twice') : null;
};

/**
 * A JSON text as a value that is what was written.
 *
 * @throws {ApiError | SyntaxError | RangeError} it is not, or it is no JSON, or nested too deeply
 */
export const exactJson = (bytes: Buffer): unknown => {
  const text = textOf(bytes);
  const value = JSON.parse(text) as unknown;
  const wrong = wrongIn(value, text);
  if (wrong) throw wrong;
  return value;
};

/** Gives a body as a value, or says what it is not. */
export type JsonParser = (
  bytes: Buffer,
  done: (error: Error | null, value?: unknown) => void,
) => void;

/** Takes JSON bodies of which every value arrives as it was sent, and refuses others by the field. */
export const takeExactJson = (app: FastifyInstance): JsonParser => {
  const parse = app.getDefaultJsonParser('error', 'error');
  const parseExact: JsonParser = (bytes, done) => {
    let text: string;
    try {
      text = textOf(bytes);
    } catch (error) {
      if (error instanceof RangeError)
        return done(new ApiError('invalid-request', 'the body is nested too deeply'));
      if (!(error instanceof SyntaxError)) return done(error as Error);
      // The parser has an error of its own for what is no JSON.
      text = bytes.toString();
    }
    void parse(undefined as never, text, (error, value) =>
      done(error ?? wrongIn(value, text), value),
    );
  };
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<Buffer>(
    'application/json',
    { parseAs: 'buffer' },
    (_request, bytes, done) => parseExact(bytes, done),
  );
  return parseExact;
};
