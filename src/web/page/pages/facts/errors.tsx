/** What is wrong with files, or may be: at which line and column, with the line itself. */

import type { JSX } from 'preact';
import { counted } from '../../../../client/view/words.ts';
import type { ProblemDetails } from '../../../../client/types.ts';
import type { Files } from './files.ts';
import { sourceLine } from './source-line.ts';

type FileError = NonNullable<ProblemDetails['errors']>[number];

const shownMax = 200;

interface ErrorsProps {
  readonly errors: readonly FileError[];
  readonly kind: 'error' | 'warning';
  readonly files: Files;
  /** Shows a place in the field of its file, where it has one. */
  readonly goTo: (file: string, offset: number) => void;
}

export const Errors = ({ errors, kind, files, goTo }: ErrorsProps): JSX.Element | null =>
  errors.length === 0 ? null : (
    <section
      class={kind === 'error' ? 'refusal' : 'banner stale'}
      role={kind === 'error' ? 'alert' : undefined}
      aria-label={kind === 'error' ? 'What is wrong' : 'Warnings'}
    >
      <p>
        <strong>
          {counted(errors.length, kind)}
          {kind === 'error' ? '; nothing was loaded.' : '.'}
        </strong>
      </p>
      <ol class="file-errors">
        {errors.slice(0, shownMax).map((error, index) => (
          <FileErrorShown key={index} error={error} files={files} goTo={goTo} />
        ))}
      </ol>
      {errors.length > shownMax ? <p>… and {errors.length - shownMax} more.</p> : null}
    </section>
  );

type ShownProps = Pick<ErrorsProps, 'files' | 'goTo'> & { readonly error: FileError };

const FileErrorShown = ({ error, files, goTo }: ShownProps): JSX.Element => {
  const { file, line, column, path, message, expected } = error;
  const text = [files.facts, ...files.roles].find(({ name }) => name === file)?.text;
  const source = text === undefined ? undefined : sourceLine(text, line, column);
  const place = `${file}:${line}:${column}`;
  return (
    <li>
      {source ? (
        <button type="button" class="plain place" onClick={() => goTo(file, source.offset)}>
          <code>{place}</code>
        </button>
      ) : (
        <code>{place}</code>
      )}{' '}
      {path === '' ? '' : `${path}: `}
      {message}
      {expected === undefined ? '' : ` (${expected})`}
      {source ? (
        <pre>
          {source.text}
          {'\n'}
          <span class="bad" aria-hidden="true">
            {source.caret}
          </span>
        </pre>
      ) : null}
    </li>
  );
};
