/** Going through time: a slider over the log, steps from commit to commit, and a field for a moment. */

import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../../../checks/view/quantities.ts';
import { counted } from '../../../client/view/words.ts';
import type { LogMoments } from '../../../client/types.ts';
import { stationNow } from '../state/clock.ts';
import { Problem } from '../parts/problem.tsx';
import { useAnswer } from '../state/answer.ts';
import { useEvery } from '../state/every.ts';
import { lookAt, useMoment } from '../state/moment.ts';
import { station } from '../state/station.ts';
import { useKnownMoment } from './known.ts';
import { momentSaid } from './moment-text.ts';
import { momentAtPlace, outlineOf, placeOf, placesOf, spans } from './span.ts';
import type { KnownMoment, SpanName } from './span.ts';
import './past.css';

/** Places of the slider. */
const stepsAsked = 200;
/** How often the log is looked at for what came since, ms. */
const everyMs = 10_000;

export const TimeBar = ({ id }: { readonly id: string }): JSX.Element => {
  const at = useMoment();
  const [span, setSpan] = useState<SpanName>('all');
  const known = useKnownMoment(at);
  const round = useEvery(everyMs);
  const moments = useAnswer(
    `moments ${span}`,
    (signal) => {
      const { ms } = spans.find(({ name }) => name === span)!;
      const since = ms === undefined ? undefined : Math.floor(stationNow() - ms);
      return station.logMoments({ since, steps: stepsAsked, signal });
    },
    round,
  );
  const { data } = moments;
  const moment = known.data ?? { revision: undefined, time: undefined };
  return (
    <section id={id} class="time-bar" aria-label="Moment to look at">
      {data ? (
        <Slider moments={data} at={at} moment={moment} />
      ) : (
        <p class="quiet">Asking for the times of the log…</p>
      )}
      <div class="bar">
        {data?.head ? (
          <Steps revision={moment.revision} head={data.head.revision} isPast={at !== undefined} />
        ) : null}
        <MomentField />
        <label>
          Slide over{' '}
          <select
            value={span}
            onChange={({ currentTarget }) => setSpan(currentTarget.value as SpanName)}
          >
            {spans.map(({ name, words }) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Problem error={moments.error} again={moments.again} />
    </section>
  );
};

interface SliderProps {
  readonly moments: LogMoments;
  readonly at: string | undefined;
  readonly moment: KnownMoment;
}

/** So long it rests before the moment is looked at, ms: each one costs the station a look into its log. */
const restMs = 250;

const Slider = ({ moments, at, moment }: SliderProps): JSX.Element => {
  const [held, hold] = useState<number | undefined>();
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const last = placesOf(moments);
  const place = held ?? (at === undefined ? last : (placeOf(moments, moment) ?? 0));
  const shown = momentAtPlace(moments, place);
  const words =
    held === undefined && at !== undefined && moment.revision !== undefined
      ? wordsOfMoment(moment)
      : shown === null
        ? 'now'
        : `revision ${shown.revision}, ${formatMoment(shown.until)}, ${counted(shown.commits, 'commit')}`;
  const slide = (next: number): void => {
    hold(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const then = momentAtPlace(moments, next);
      hold(undefined);
      lookAt(then === null ? null : String(then.revision));
    }, restMs);
  };
  return (
    <div class="time-slider">
      <svg viewBox={`0 0 ${last + 1} 1`} preserveAspectRatio="none" aria-hidden="true">
        <path d={outlineOf(moments)} />
      </svg>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={words}
        min={0}
        max={last}
        value={place}
        onInput={({ currentTarget }) => slide(Number(currentTarget.value))}
      />
      <p class="time-ends">
        <span class="quiet">{formatMoment(moments.since)}</span>
        <span>{words}</span>
        <span class="quiet">now</span>
      </p>
    </div>
  );
};

const wordsOfMoment = ({ revision, time }: KnownMoment): string =>
  `revision ${revision}${time === undefined ? '' : `, ${formatMoment(time)}`}`;

interface StepsProps {
  /** Undefined: not known, or now. */
  readonly revision: number | undefined;
  readonly head: number;
  readonly isPast: boolean;
}

/** From commit to commit. */
const Steps = ({ revision, head, isPast }: StepsProps): JSX.Element => {
  const here = isPast ? revision : head + 1;
  return (
    <>
      <button
        type="button"
        disabled={here === undefined || here <= 1}
        onClick={() => lookAt(String(here! - 1))}
      >
        ← Commit before
      </button>
      <button
        type="button"
        disabled={!isPast || here === undefined}
        onClick={() => lookAt(here! >= head ? null : String(here! + 1))}
      >
        Commit after →
      </button>
    </>
  );
};

const MomentField = (): JSX.Element => {
  const [text, setText] = useState('');
  const [why, setWhy] = useState<string | undefined>();
  const explained = useId();
  return (
    <form
      class="time-field"
      onSubmit={(event) => {
        event.preventDefault();
        const said = momentSaid(text, stationNow());
        setWhy('why' in said ? said.why : undefined);
        if ('at' in said) lookAt(said.at);
      }}
    >
      <label>
        Revision or time{' '}
        <input
          value={text}
          size={22}
          placeholder="1742, or 2h ago"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={why === undefined ? undefined : 'true'}
          aria-describedby={why === undefined ? undefined : explained}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={text.trim() === ''}>
        Look
      </button>
      {why === undefined ? null : (
        <span id={explained} class="bad" role="alert">
          {why}
        </span>
      )}
    </form>
  );
};
