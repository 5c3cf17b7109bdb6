/** The event log of a machine: the one of its log services that is its system event log. */

import { ObmError } from '../../errors.ts';
import type { SystemEvent } from '../driver.ts';
import { membersOf } from './collection.ts';
import { refusal } from './errors.ts';
import { managersOf } from './parts.ts';
import { linkAt, nameOf, objectAt, pathIn, printable, textAt } from './resource.ts';
import type { Json, Resource } from './resource.ts';
import type { Session } from './session.ts';
import { LostAnswer } from './transport.ts';

/** Entries that are told, the last ones; and those of them that have to be fetched one by one. */
const eventsMax = 4_096;
const fetchedMax = 256;
const textMax = 1_000;

/** Clocks that were never set count from 1970. */
const set = Date.UTC(1971, 0);

/** How much a log service looks like a system event log; 0: not at all. */
const rank = ({ json, path }: Resource): number => {
  if (linkAt(json, 'Entries') === null) return 0;
  if (textAt(json, 'LogEntryType') === 'SEL') return 4;
  const name = `${textAt(json, 'Id') ?? nameOf(path)} ${textAt(json, 'Name') ?? ''}`;
  if (/\bsel\b|system event/i.test(name)) return 3;
  return /\biml\b|event/i.test(name) ? 2 : 1;
};

const logOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<Resource> => {
  const found: Resource[] = [];
  let failed: Error | null = null;
  const keep = (error: unknown): null => {
    signal.throwIfAborted();
    failed ??= error as Error;
    return null;
  };
  const look = async (owner: Resource): Promise<void> => {
    const services = linkAt(owner.json, 'LogServices');
    if (services === null) return;
    for (const { path } of await membersOf(session, services, signal)) {
      const service = await session.get(path, signal).catch(keep);
      if (service) found.push(service);
    }
  };
  await look(system).catch(keep);
  // Logs of a manager are of the manager too; they count only where the system has nothing of the kind.
  if (!found.some((service) => rank(service) > 1))
    for (const path of managersOf(system)) await session.get(path, signal).then(look).catch(keep);
  const [best] = found.filter((one) => rank(one) > 0).sort((a, b) => rank(b) - rank(a));
  if (best) return best;
  throw (failed as Error | null) ?? new ObmError('unsupported', 'the service has no event log');
};

export const systemEventsOf = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<readonly SystemEvent[]> => {
  const { json } = await logOf(session, system, signal);
  const entries = linkAt(json, 'Entries')!;
  const events: SystemEvent[] = [];
  let fetched = 0;
  for (const { path, json } of await membersOf(session, entries, signal)) {
    const isWhole = textAt(json, 'Created') !== null || textAt(json, 'Message') !== null;
    if (!isWhole && fetched++ >= fetchedMax) break;
    events.push(eventOf(isWhole ? json : (await session.get(path, signal)).json, path));
  }
  // Some begin with the newest.
  const isTimed = events.every(({ at }) => at !== null);
  if (isTimed) events.sort((a, b) => a.at! - b.at!);
  return events.slice(-eventsMax);
};

const severities: Readonly<Record<string, SystemEvent['severity']>> = {
  OK: 'ok',
  Warning: 'warning',
  Critical: 'critical',
};

const eventOf = (json: Json, path: string): SystemEvent => {
  const at = Date.parse(textAt(json, 'Created') ?? textAt(json, 'EventTimestamp') ?? '');
  const text = textAt(json, 'Message') ?? textAt(json, 'MessageId') ?? textAt(json, 'Name');
  return {
    id: printable(textAt(json, 'Id') ?? nameOf(path), 64),
    at: Number.isNaN(at) || at < set ? null : at,
    severity: severities[textAt(json, 'Severity') ?? ''] ?? 'unknown',
    text: printable(text ?? 'an entry without text', textMax),
  };
};

/** @throws {ObmError} `outcome-unknown`: sent, and the answer was lost */
export const clearEvents = async (
  session: Session,
  system: Resource,
  signal: AbortSignal,
): Promise<void> => {
  const { json } = await logOf(session, system, signal);
  const target = pathIn(textAt(objectAt(json, 'Actions', '#LogService.ClearLog'), 'target') ?? '');
  if (target === null) throw new ObmError('unsupported', 'the event log cannot be cleared');
  try {
    const answer = await session.post(target, {}, signal);
    if (answer.status < 200 || answer.status > 299) throw refusal(answer, 'to clear its events');
  } catch (cause) {
    if (!(cause instanceof LostAnswer)) throw cause;
    const words = 'the service did not say whether it cleared its events';
    throw new ObmError('outcome-unknown', words, { cause });
  }
};
