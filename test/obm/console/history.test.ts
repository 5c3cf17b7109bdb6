/** Random histories: a console that writes, is lost, killed, given away; and what its log says of it. */

import { cpSync, rmSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { searchLog } from '../../../src/obm/console/reading/search.ts';
import { startConsole } from './played.ts';
import { itemsOf, openRecordings, reader, temporary } from './recorded.ts';

interface Said {
  readonly position: number;
  readonly bytes: Buffer;
  readonly epoch: number;
  /** `maybe`: it waited for the disk when its life ended. */
  kept: 'waits' | 'surely' | 'maybe';
}

interface Step {
  readonly kind: 'say' | 'flush' | 'mark' | 'lose' | 'give' | 'stop' | 'kill';
  readonly size: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('say', 'say', 'say', 'flush', 'mark', 'lose', 'give', 'stop', 'kill'),
    size: fc.integer({ min: 10, max: 3_000 }),
  }),
  { maxLength: 40 },
);

/** No two places of all that is ever said look the same. */
const textAt = (count: number, size: number): Buffer =>
  Buffer.from(
    Array.from({ length: size }, (_, i) => `<${count + i}>`)
      .join('')
      .slice(0, size),
  );

t.test(
  'whatever happens, the log has what was written by then, at its position, and each owner his own',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const settings = { segmentBytes: 4_000 };
        let directory = temporary(t);
        let [epoch, count] = [1, 0];
        const said: Said[] = [];
        const wasKept = (kept: 'surely' | 'maybe'): void => {
          for (const one of said) if (one.kept === 'waits') one.kept = kept;
        };
        let marks = 0;

        const begin = async () => {
          const { recordings } = await openRecordings(t, { directory, settings });
          const recorder = await recordings.record('n1', epoch);
          const played = await startConsole(t, { recorder, epoch });
          return { ...played, recordings, recorder };
        };
        let now = await begin();

        const mustHold = async (): Promise<void> => {
          const all = await itemsOf(now.recorder, { ofAllOwners: true });
          let position = -1;
          const found = new Map<number, number>();
          for (const item of all) {
            const at = item.kind === 'data' ? item.position : item.marker.position;
            if (at < position) throw new Error(`${at} comes after ${position}`);
            position = at;
            if (item.kind === 'mark') continue;
            for (const [i, byte] of item.bytes.entries()) found.set(at + i, byte);
            position += item.bytes.length;
          }
          for (const { position, bytes, kept } of said)
            for (const [j, byte] of bytes.entries()) {
              const there = found.get(position + j);
              if (there !== byte && (there !== undefined || kept === 'surely'))
                throw new Error(`at ${position + j}: ${there} instead of ${byte}`);
            }
          const own = await itemsOf(now.recorder);
          for (const item of own) {
            if (item.kind === 'mark') continue;
            const of = said.find(
              ({ position, bytes }) =>
                position <= item.position && item.position < position + bytes.length,
            );
            if (of?.epoch !== epoch) throw new Error(`of epoch ${of?.epoch}, read in ${epoch}`);
          }
        };

        for (const { kind, size } of history) {
          if (kind === 'say' && now.obm.isOpen) {
            const bytes = textAt(count, size);
            count += size;
            said.push({ position: now.console.status().end, bytes, epoch, kept: 'waits' });
            now.obm.say(bytes);
          } else if (kind === 'flush') {
            await now.recorder.flush();
            wasKept('surely');
          } else if (kind === 'mark') now.console.mark('note', `mark ${(marks += 1)}`);
          else if (kind === 'lose' && now.obm.isOpen) {
            now.obm.lose();
            await now.time.pass(size > 1_500 ? 60_000 : 500);
          } else if (kind === 'give') await now.console.newOwner((epoch += 1));
          else if (kind === 'stop') {
            await now.hub.close();
            await now.recordings.close();
            wasKept('surely');
            now = await begin();
          } else if (kind === 'kill') {
            // What the disk has at this moment is what the next life finds.
            const copy = temporary(t);
            cpSync(directory, copy, { recursive: true });
            await now.hub.close();
            await now.recordings.close();
            rmSync(directory, { recursive: true });
            directory = copy;
            wasKept('maybe');
            now = await begin();
          }
        }
        await mustHold();
        const { hits } = await searchLog(
          now.recorder,
          { text: '<0>', limit: 10, ofAllOwners: true },
          reader,
        );
        if (said[0]?.kept === 'surely' && hits.length !== 1) throw new Error(`${hits.length} hits`);
        await now.hub.close();
        await now.recordings.close();
        return true;
      }),
      { numRuns: 60 },
    );
  },
);
