/** What a load would do, as differences: `+` what comes, `~` what changes, `-` what goes. */

import type { Loaded, LoadPlan } from '../../client/types.ts';
import { changeLines, keptName, signOfLine } from '../../client/view/load-plan.ts';
import type { PlanSign } from '../../client/view/load-plan.ts';
import type { Paint, Palette } from './colour.ts';

export { planSummary } from '../../client/view/load-plan.ts';

type Kept = Loaded['kept'];

const paintOf = (palette: Palette, sign: PlanSign): Paint =>
  sign === '+' ? palette.good : sign === '-' ? palette.bad : palette.busy;

/** The plan; of a long one the beginning, where `limit` says so. */
export function* planLines(plan: LoadPlan, palette: Palette, limit = Infinity): Generator<string> {
  const painted = (line: string): string => {
    const sign = signOfLine(line);
    return sign ? paintOf(palette, sign)(line) : line;
  };
  for (const change of plan.changes.slice(0, limit))
    for (const line of changeLines(change)) yield painted(line);
  const more = plan.changes.length - limit;
  if (more > 0) yield `  … and ${more} more; see all of it with --dry-run`;
  const { add, change, remove } = plan.counts;
  yield `Plan at revision ${plan.revision}: ${add} to add, ${change} to change, ${remove} to remove.`;
  yield* keptLines(plan.kept);
}

/** What is not declared any more and stays. */
export function* keptLines(kept: Kept): Generator<string> {
  const free = kept.filter(({ needed }) => !needed);
  const needed = kept.filter((one) => one.needed);
  if (free.length > 0) {
    yield `Not declared any more, and kept (--prune removes it):`;
    yield* listed(free);
  }
  if (needed.length > 0) {
    yield `Not declared any more, and kept as long as processes or other roles need it:`;
    yield* listed(needed);
  }
}

/** Lines of a list before the rest of it is only counted. */
const listMax = 50;

function* listed(kept: Kept): Generator<string> {
  for (const one of kept.slice(0, listMax)) yield `  ${keptName(one)}`;
  if (kept.length > listMax) yield `  … and ${kept.length - listMax} more`;
}
