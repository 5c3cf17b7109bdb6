/** Settings: who may do what here, and by which numbers, checks and groups the station goes. */

import type { FunctionComponent, JSX } from 'preact';
import type { PageParameters } from '../../../page-paths.ts';
import { Link } from '../../parts/link.tsx';
import { PageTitle } from '../../parts/page-title.tsx';
import { Checks } from './checks.tsx';
import { Grants } from './grants.tsx';
import { Groups } from './groups.tsx';
import { Mine } from './mine.tsx';
import { PolicyOfSite } from './policy.tsx';
import { Projects } from './projects.tsx';
import { Sessions } from './sessions.tsx';
import { SuggestionRules } from './suggestion-rules.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';
import { Vars } from './vars.tsx';
import './settings.css';

interface Part {
  readonly name: string;
  readonly title: string;
  readonly Shown: FunctionComponent;
}

const parts: readonly Part[] = [
  { name: 'mine', title: 'My own', Shown: Mine },
  { name: 'sessions', title: 'Sessions', Shown: Sessions },
  { name: 'grants', title: 'Grants', Shown: Grants },
  { name: 'users', title: 'Users', Shown: Users },
  { name: 'tokens', title: 'Tokens', Shown: Tokens },
  { name: 'policy', title: 'Policy', Shown: PolicyOfSite },
  { name: 'projects', title: 'Projects', Shown: Projects },
  { name: 'vars', title: 'Vars', Shown: Vars },
  { name: 'checks', title: 'Checks', Shown: Checks },
  { name: 'groups', title: 'Groups and sources', Shown: Groups },
  { name: 'suggestions', title: 'Rules of suggestions', Shown: SuggestionRules },
];

export const Page = ({ parameters }: { readonly parameters: PageParameters }): JSX.Element => {
  const asked = parameters.part ?? parts[0]!.name;
  const part = parts.find(({ name }) => name === asked);
  return (
    <div class="settings">
      <nav aria-label="Settings">
        {parts.map(({ name, title }) => (
          <Link
            key={name}
            to={`/settings/${name}`}
            aria-current={name === part?.name ? 'page' : undefined}
          >
            {title}
          </Link>
        ))}
      </nav>
      <section>
        <PageTitle title={part?.title ?? 'There is no such part of the settings'} />
        {part ? <part.Shown /> : null}
      </section>
    </div>
  );
};
