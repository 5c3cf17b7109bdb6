/** What is asked of a machine together, and by which lines: several checks may read the same. Pure. */

import type { ProbeCheck } from '../check.ts';
import type { ProbeSection } from '../ssh/section.ts';

export interface Plan {
  readonly checks: readonly ProbeCheck[];
  /** By the lines that they need, the id of the section that has them. */
  readonly sectionOf: ReadonlyMap<readonly string[], string>;
  readonly sections: readonly ProbeSection[];
}

/** The checks, and whether one can log in at all. */
export const planOf = (checks: readonly ProbeCheck[]): Plan => {
  const sectionOf = new Map<readonly string[], string>();
  const sections: ProbeSection[] = [{ id: 'ssh', lines: [':'], timeoutSeconds: 10, isQuick: true }];
  for (const [lines, readers] of Map.groupBy(checks, ({ probe }) => probe)) {
    const { id, isQuick } = readers[0]!;
    sectionOf.set(lines, id);
    // Whoever has most patience decides: the others are not answered by ending what all of them read.
    const timeoutSeconds = Math.max(1, ...readers.map((one) => one.timeoutSeconds));
    sections.push({ id, lines, timeoutSeconds, ...(isQuick && { isQuick }) });
  }
  return { checks, sectionOf, sections };
};
