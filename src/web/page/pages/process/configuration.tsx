/** What the environment file of a process holds, in each notation, to be copied or kept. */

import type { JSX } from 'preact';
import type { ConfigurationFormat } from '../../../../client/types.ts';
import { announce } from '../../state/announce.ts';
import { CopyCommand, copyText } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { saveText } from '../../parts/save.ts';
import { useAnswer } from '../../state/answer.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';

const formats = ['env', 'json', 'yaml'] as const satisfies readonly ConfigurationFormat[];

interface ConfigurationProps {
  readonly fid: string;
  readonly at: string | undefined;
  /** The revision that changed the process last. */
  readonly changed: number;
}

/** As `halctl` writes it: JSON with its lines, the others as the station has them. */
const laidOut = (format: ConfigurationFormat, text: string): string =>
  format === 'json' ? `${JSON.stringify(JSON.parse(text), null, 2)}\n` : `${text.trimEnd()}\n`;

export const Configuration = ({ fid, at, changed }: ConfigurationProps): JSX.Element => {
  const said = usePlace().query.get('format');
  const format = formats.find((one) => one === said) ?? 'env';
  const { data, error, again } = useAnswer(
    JSON.stringify(['configuration', fid, format, at, changed]),
    async (signal) =>
      laidOut(format, (await station.readConfiguration(fid, format, { at, signal }))?.text ?? ''),
  );
  const past = at === undefined ? [] : ['--at', at];
  const command = ['halctl', 'cluster', 'process', 'configuration', fid, '--format', format];
  return (
    <section aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      <div class="bar">
        {formats.map((one) => (
          <button
            type="button"
            key={one}
            aria-pressed={one === format}
            onClick={() => changeQuery({ format: one === 'env' ? null : one }, { replace: true })}
          >
            {one}
          </button>
        ))}
        {data === undefined ? null : (
          <>
            <button type="button" onClick={() => void copyText(data, 'the configuration')}>
              Copy
            </button>
            <button
              type="button"
              onClick={() => {
                saveText(`${fid.replaceAll(':', '-')}.${format}`, data);
                announce('The configuration was handed to your browser.');
              }}
            >
              Download
            </button>
          </>
        )}
        <CopyCommand command={[...command, ...past]} />
      </div>
      <Problem error={error} again={again} />
      {data === undefined ? null : (
        <pre tabindex={0} aria-label={`Configuration as ${format}`}>
          {data}
        </pre>
      )}
    </section>
  );
};
