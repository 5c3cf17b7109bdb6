/** Why something is not there: what the station refused, or that it does not answer; and what to do about it. */

import type { JSX } from 'preact';
import { ApiError, UnreachableError } from '../../../client/errors.ts';

interface ProblemProps {
  readonly error: unknown;
  /** Asks once more. */
  readonly again?: (() => void) | undefined;
}

/** In a sentence, for notices. */
export const wordsOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export const Problem = ({ error, again }: ProblemProps): JSX.Element | null => {
  if (error === undefined || error === null) return null;
  return (
    <div class="refusal" role="alert">
      <Words text={wordsOf(error)} />
      {error instanceof ApiError ? <Details error={error} /> : null}
      {error instanceof UnreachableError ? <p>{error.advice}</p> : null}
      {again ? (
        <button type="button" onClick={again}>
          Try again
        </button>
      ) : null}
    </div>
  );
};

/** A refusal of thousands of machines names many: so much of it is read at once, characters. */
const readMax = 600;

const Words = ({ text }: { readonly text: string }): JSX.Element =>
  text.length <= readMax ? (
    <p>{text}</p>
  ) : (
    <>
      <p>{text.slice(0, text.lastIndexOf(' ', readMax))} …</p>
      <details>
        <summary>All of it</summary>
        <p>{text}</p>
      </details>
    </>
  );

const Details = ({ error: { problem } }: { readonly error: ApiError }): JSX.Element => (
  <>
    {problem.vetoes ? (
      <ul>
        {problem.vetoes.map(({ code, text }) => (
          <li key={code}>
            {text} <code>{code}</code>
          </li>
        ))}
      </ul>
    ) : null}
    {problem.errors ? (
      <ul>
        {problem.errors.map(({ file, line, column, path, message, expected }) => (
          <li key={`${file}:${line}:${column}:${path}`}>
            <code>
              {file}:{line}:{column}
            </code>{' '}
            {path === '' ? '' : `${path}: `}
            {message}
            {expected === undefined ? '' : ` (expected: ${expected})`}
          </li>
        ))}
      </ul>
    ) : null}
    <p class="quiet">
      <code>{problem.code}</code>
      {problem.instance === undefined ? '' : ` · request ${problem.instance}`}
    </p>
  </>
);
