/**
 * A log that several stations have, as the parts of one station listen to it. When it can deliver no
 * more, the replica is told, and with it the station ends and is opened anew: nobody else need know.
 */

import type { CommitListener, EventLog } from '../../log/log.ts';
import type { Revision } from '../../core/values/revision.ts';

/** What a listener throws is a bug all the same, and no failure of the log. */
const guarded =
  (listener: CommitListener): CommitListener =>
  (commit) => {
    try {
      listener(commit);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };

const nobody = (): void => undefined;

/** The log itself where it is one station's. */
export const heardLog = (log: EventLog): EventLog =>
  log.shared === undefined
    ? log
    : {
        get durability() {
          return log.durability;
        },
        get groups() {
          return log.groups;
        },
        limits: log.limits,
        files: log.files,
        shared: log.shared,
        head: () => log.head(),
        append: (commit, expected) => log.append(commit, expected),
        read: (from: Revision, to?: Revision) => log.read(from, to),
        subscribe: (from, listener, failed) =>
          failed
            ? log.subscribe(from, listener, failed)
            : log.subscribe(from, guarded(listener), nobody),
        checksum: (at) => log.checksum(at),
        revisionAt: (time) => log.revisionAt(time),
        size: () => log.size(),
        close: () => log.close(),
      };
