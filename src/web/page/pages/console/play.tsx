/** A stretch of the log played back, as it was seen then. */

import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../../../../checks/view/quantities.ts';
import { CopyCommand } from '../../parts/copy.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useAnswer } from '../../state/answer.ts';
import { changeQuery, usePlace } from '../../state/router.ts';
import { station } from '../../state/station.ts';
import { readLog } from './log-reading.ts';
import { Playback, speeds } from './playback.ts';
import { Recorder, withoutPauses } from './recording.ts';
import type { Mark, Recording } from './recording.ts';
import { Screen } from './screen.ts';
import { Settings, useLook } from './settings.tsx';
import { momentIn, saidIn } from './stretch.ts';

/** Unless said, the last of the log, bytes. */
const usualBack = String(256 * 1024);
/** How often what is due is drawn, ms. */
const drawMs = 40;
const stepMs = 5_000;

interface PlayProps {
  readonly fqdn: string;
}

export const Play = ({ fqdn }: PlayProps): JSX.Element => {
  const { query } = usePlace();
  const [since, until] = [momentIn(query.get('since')), momentIn(query.get('until'))];
  const key = `${fqdn} ${since} ${until}`;
  const { data, error, again, isLoading } = useAnswer(key, async (signal) => {
    const recorder = new Recorder();
    const wanted = {
      format: 'asciicast',
      ...(since === undefined ? { back: usualBack } : { since: String(since) }),
      ...(until === undefined ? {} : { until: String(until) }),
    };
    for await (const line of readLog(fqdn, wanted, signal)) if (!recorder.take(line)) break;
    return recorder.end();
  });
  const ends = data && data.frames.length > 0 ? [data.began, data.began + data.lasts] : undefined;
  const history = useAnswer(ends ? `events ${key} ${ends.join(' ')}` : null, (signal) =>
    station.machineHistory(fqdn, {
      ...{ signal, since: ends![0]!, until: ends![1]! + 1000, limit: 200 },
      kind: ['boot', 'power', 'operation', 'recovery'],
    }),
  );
  const whole = useMemo((): Recording | undefined => {
    if (!data) return undefined;
    const events = history.data?.entries ?? [];
    const marks = events.map(({ at, text }): Mark => ({ at: at - data.began, text: `◆ ${text}` }));
    return { ...data, marks: [...data.marks, ...marks].sort((a, b) => a.at - b.at) };
  }, [data, history.data]);
  return (
    <section aria-label={`The console of ${fqdn}, played back`}>
      <StretchForm since={since} until={until} />
      <Problem error={error} again={again} />
      {isLoading && !data ? <p class="quiet">Reading the log…</p> : null}
      {whole?.isCut ? (
        <p class="busy">There is more than can be played at once: this is the first of it.</p>
      ) : null}
      {whole?.frames.length === 0 ? <p>The machine wrote nothing in that time.</p> : null}
      {whole && whole.frames.length > 0 ? <Player fqdn={fqdn} whole={whole} /> : null}
    </section>
  );
};

interface PlayerProps {
  readonly fqdn: string;
  readonly whole: Recording;
}

const Player = ({ fqdn, whole }: PlayerProps): JSX.Element => {
  const place = useRef<HTMLDivElement>(null);
  const [, draw] = useState(0);
  const [skips, setSkips] = useState(true);
  const recording = useMemo(() => (skips ? withoutPauses(whole) : whole), [whole, skips]);
  const playback = useRef<Playback | null>(null);
  const [screen, setScreen] = useState<Screen | null>(null);
  const look = useLook();
  const again = (): void => draw((last) => last + 1);

  useEffect(() => {
    const ignore = (): void => undefined;
    const made = new Screen(place.current!, {
      ...{ typed: ignore, pasted: ignore, linked: ignore, search: ignore, found: ignore },
      ...{ refused: ignore, leave: ignore },
    });
    const resized = new ResizeObserver(() => made.fit());
    resized.observe(place.current!);
    setScreen(made);
    return () => {
      resized.disconnect();
      made.dispose();
    };
  }, []);
  useEffect(() => {
    if (!screen) return undefined;
    screen.reset();
    playback.current = new Playback({
      recording,
      now: () => performance.now(),
      draw: (text) => screen.terminal.write(text),
      clear: () => screen.reset(),
    });
    playback.current.play();
    const timer = setInterval(() => {
      if (!playback.current?.isPlaying) return;
      playback.current.tick();
      again();
    }, drawMs);
    return () => clearInterval(timer);
  }, [screen, recording]);
  useEffect(() => {
    if (!screen) return;
    screen.theme = look.theme;
    screen.isRead = look.isRead;
    screen.fontSize = look.fontSize;
  }, [screen, look.theme, look.isRead, look.fontSize]);

  const now = playback.current;
  const act = (run: (playing: Playback) => void) => (): void => {
    if (playback.current) run(playback.current);
    again();
  };
  const toggle = act((one) => (one.isPlaying ? one.hold() : one.play()));
  const seek = (ms: number): void => act((one) => one.seek(ms))();
  const faster = (step: 1 | -1): void =>
    act((one) => {
      const index = speeds.indexOf(one.speed as (typeof speeds)[number]) + step;
      one.speed = speeds[Math.min(Math.max(0, index), speeds.length - 1)]!;
    })();
  const keys: Readonly<Record<string, () => void>> = {
    ' ': toggle,
    k: toggle,
    ArrowLeft: () => seek((now?.at ?? 0) - stepMs),
    ArrowRight: () => seek((now?.at ?? 0) + stepMs),
    Home: () => seek(0),
    End: () => seek(Infinity),
    '+': () => faster(1),
    '-': () => faster(-1),
  };
  return (
    <div
      class="player"
      data-keys
      onKeyDown={(event) => {
        const isOwn = event.target instanceof Element && event.target.closest('button, select, a');
        const run = keys[event.key];
        if (!run || event.ctrlKey || event.altKey || event.metaKey) return;
        if (isOwn && (event.key === ' ' || event.key.startsWith('Arrow'))) return;
        event.preventDefault();
        run();
      }}
    >
      <div class="bar">
        <button type="button" class="main" onClick={toggle}>
          {now?.isPlaying ? 'Pause' : 'Play'}
        </button>
        <input
          type="range"
          class="seek"
          min={0}
          max={Math.max(1, Math.round(recording.lasts))}
          value={Math.round(now?.at ?? 0)}
          aria-label="Where it is played"
          aria-valuetext={`${clock(now?.at ?? 0)} of ${clock(recording.lasts)}`}
          onInput={({ currentTarget: { value } }) => seek(Number(value))}
        />
        <span>
          {clock(now?.at ?? 0)} / {clock(recording.lasts)}
        </span>
        <label>
          Speed{' '}
          <select
            value={now?.speed ?? 1}
            onChange={({ currentTarget: { value } }) => act((one) => (one.speed = Number(value)))()}
          >
            {speeds.map((speed) => (
              <option key={speed} value={speed}>
                {speed}×
              </option>
            ))}
          </select>
        </label>
        <label>
          <input
            type="checkbox"
            checked={skips}
            onChange={({ currentTarget: { checked } }) => setSkips(checked)}
          />{' '}
          Shorten pauses
        </label>
        <Settings look={look} />
        <CopyCommand
          command={[
            ...['halctl', 'obm', 'log', fqdn, '--since', new Date(whole.began).toISOString()],
            ...['--export', `${fqdn}.cast`],
          ]}
        />
      </div>
      <p class="quiet">
        From {formatMoment(whole.began)}. Space plays and pauses, ← and → go 5 s, Home and End to
        the ends, + and − change the speed.
      </p>
      <div class="terminal-place" ref={place} role="region" aria-label="Terminal, played back" />
      {recording.marks.length > 0 ? (
        <>
          <h2>What happened</h2>
          <ul class="player-marks">
            {recording.marks.map(({ at, text }, index) => (
              <li key={`${index}`}>
                <button type="button" class="plain" onClick={() => seek(at)}>
                  {clock(at)} {text}
                </button>
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </div>
  );
};

const clock = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
};

interface StretchFormProps {
  readonly since: number | undefined;
  readonly until: number | undefined;
}

const StretchForm = ({ since, until }: StretchFormProps): JSX.Element => (
  <form
    class="bar"
    onSubmit={(event) => {
      event.preventDefault();
      const data = new FormData(event.currentTarget);
      const momentOf = (name: string): string | null => {
        const at = momentIn(`${saidIn(data, name)}Z`);
        return at === undefined ? null : new Date(at).toISOString();
      };
      changeQuery({ since: momentOf('since'), until: momentOf('until') });
    }}
  >
    {(['since', 'until'] as const).map((name) => {
      const at = name === 'since' ? since : until;
      return (
        <label key={name}>
          {name === 'since' ? 'From (UTC)' : 'Until (UTC)'}{' '}
          <input
            type="datetime-local"
            name={name}
            step="1"
            defaultValue={at === undefined ? '' : new Date(at).toISOString().slice(0, 19)}
          />
        </label>
      );
    })}
    <button type="submit">Show</button>
  </form>
);
