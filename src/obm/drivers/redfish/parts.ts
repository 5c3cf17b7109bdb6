/** Who a machine is, and what it is made of. */

import type { Identity, Inventory } from '../driver.ts';
import { linksAt, numberAt, printable, textAt } from './resource.ts';
import type { Resource } from './resource.ts';
import type { Session } from './session.ts';

const managersMax = 8;

/** Managers of a system, the first of which speaks for it. */
export const managersOf = ({ json }: Resource): readonly string[] =>
  linksAt(json, 'Links', 'ManagedBy').slice(0, managersMax);

const managerOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<Resource | null> => {
  const [path] = managersOf(system);
  if (path === undefined) return null;
  return session.get(path, signal).catch(() => {
    signal.throwIfAborted();
    // One that does not answer says nothing of the machine.
    return null;
  });
};

export const identityOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<Identity> => {
  const manager = await managerOf(session, system, signal);
  const uuid = (textAt(system.json, 'UUID') ?? '').replaceAll('-', '').toLowerCase();
  const text = (from: Resource | null, name: string): string | null => {
    const said = textAt(from?.json, name);
    return said === null ? null : printable(said);
  };
  return {
    guid: /^[0-9a-f]{32}$/.test(uuid) && !/^(0+|f+)$/.test(uuid) ? uuid : null,
    serial: text(system, 'SerialNumber'),
    manufacturer: text(system, 'Manufacturer'),
    product: text(system, 'Model'),
    firmware: text(manager, 'FirmwareVersion'),
  };
};

export const inventoryOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<Inventory> => {
  const manager = await managerOf(session, system, signal);
  const { json } = system;
  const count = numberAt(json, 'ProcessorSummary', 'Count');
  const memory = numberAt(json, 'MemorySummary', 'TotalSystemMemoryGiB');
  const named: Readonly<Record<string, string | null>> = {
    'product manufacturer': textAt(json, 'Manufacturer'),
    'product name': textAt(json, 'Model'),
    'product part': textAt(json, 'PartNumber'),
    'product sku': textAt(json, 'SKU'),
    'product serial': textAt(json, 'SerialNumber'),
    'product asset': textAt(json, 'AssetTag'),
    'bios version': textAt(json, 'BiosVersion'),
    'processor model': textAt(json, 'ProcessorSummary', 'Model'),
    processors: count === null ? null : String(count),
    'memory GiB': memory === null ? null : String(memory),
    'manager model': textAt(manager?.json, 'Model'),
    'manager firmware': textAt(manager?.json, 'FirmwareVersion'),
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) =>
      value === null ? [] : [[name, printable(value)] as const],
    ),
  );
};
