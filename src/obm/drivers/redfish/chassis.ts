/** What a system stands in. */

import { linkAt, linksAt, nameOf, printable, textAt } from './resource.ts';
import type { Resource } from './resource.ts';
import type { Session } from './session.ts';

/** How many chassis around each other, and beside each other, are looked at. */
const depthMax = 4;
const chassisMax = 16;

export const chassisOf = (system: Resource): readonly string[] =>
  linksAt(system.json, 'Links', 'Chassis').slice(0, chassisMax);

/** The name of a chassis that is off, among those that a system stands in; null where none is seen to be. */
export const darkChassisOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<string | null> => {
  for (const path of chassisOf(system)) {
    let next: string | null = path;
    for (let depth = 0; next !== null && depth < depthMax; depth++) {
      const chassis: Resource | null = await session.get(next, signal).catch(() => null);
      if (chassis === null) break;
      if (textAt(chassis.json, 'PowerState') === 'Off')
        return printable(textAt(chassis.json, 'Id') ?? nameOf(next), 64);
      next = linkAt(chassis.json, 'Links', 'ContainedBy');
    }
  }
  return null;
};
