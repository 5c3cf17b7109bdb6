/** The console of a machine: as it is, its log with what happened beside it, and a stretch of it played back. */

import type { JSX } from 'preact';
import { MachineLink } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { useMoment } from '../../state/moment.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { Live } from './live.tsx';
import { Log } from './log.tsx';
import { Play } from './play.tsx';
import './console.css';

const views = { live: 'Live', log: 'Log', play: 'Play back' } as const;
type View = keyof typeof views;

interface PageProps {
  readonly parameters: { readonly fqdn?: string };
}

export const Page = ({ parameters: { fqdn = '' } }: PageProps): JSX.Element => {
  const said = usePlace().query.get('view') ?? '';
  const isPast = useMoment() !== undefined;
  const view: View = Object.hasOwn(views, said) ? (said as View) : 'live';
  return (
    <>
      <PageTitle title={`Console of ${fqdn}`}>
        <MachineLink fqdn={fqdn} />
        <div class="buttons views" role="group" aria-label="What is shown">
          {Object.entries(views).map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === view}
              onClick={() => changeQuery({ view: name === 'live' ? null : name })}
            >
              {title}
            </button>
          ))}
        </div>
      </PageTitle>
      {view === 'live' && isPast ? (
        <p>A console shows what is now. What it showed then is in its log.</p>
      ) : null}
      {view === 'live' && !isPast ? <Live fqdn={fqdn} /> : null}
      {view === 'log' ? <Log fqdn={fqdn} /> : null}
      {view === 'play' ? <Play fqdn={fqdn} /> : null}
    </>
  );
};
