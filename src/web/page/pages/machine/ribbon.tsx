/**
 * What happened, over time: a mark an entry, a lane a kind. The marks are links; the arrow keys go from one to the next,
 * and each is said in words. The list below says the same.
 */

import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { formatMoment } from '../../../../checks/view/quantities.ts';
import type { HistoryEntry } from '../../../../client/types.ts';
import { kindWords } from '../../../../client/view/history-kinds.ts';
import { printable } from '../../../../terminal/lines.ts';
import { goTo, hrefOf } from '../../state/router.ts';
import { ribbonOf } from './ribbon-marks.ts';
import type { Mark } from './ribbon-marks.ts';

interface RibbonProps {
  /** Newest first. */
  readonly entries: readonly HistoryEntry[];
  /** When it ends; absent: at the newest. */
  readonly until?: number | undefined;
}

/** In the units of the drawing, which is as wide as there is room. */
const [width, laneHeight, left, size] = [1000, 22, 110, 6];

export const Ribbon = ({ entries, until }: RibbonProps): JSX.Element | null => {
  const ribbon = useMemo(() => ribbonOf(entries, until), [entries, until]);
  const [current, setCurrent] = useState<string | undefined>();
  const drawing = useRef<SVGSVGElement>(null);
  const { lanes, marks, from } = ribbon;
  if (marks.length === 0) return null;
  const at = marks.findIndex(({ id }) => id === current);
  const place = at < 0 ? marks.length - 1 : at;
  const shown = marks[place]!;
  const height = lanes.length * laneHeight + 26;
  const moveTo = (index: number): void => {
    const mark = marks[Math.max(0, Math.min(index, marks.length - 1))]!;
    setCurrent(mark.id);
    drawing.current?.querySelector<SVGAElement>(`[data-mark="${mark.id}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: marks.length - 1 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    moveTo(to);
  };
  return (
    <figure class="ribbon">
      <svg
        ref={drawing}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`What happened over time, ${marks.length} marks; arrow keys go from one to the next`}
        data-keys
        onKeyDown={onKey}
      >
        {lanes.map((kind, lane) => (
          <g key={kind}>
            <text class="lane" x={0} y={lane * laneHeight + 16}>
              {kindWords[kind]}
            </text>
            <line x1={left} x2={width} y1={yOf(lane)} y2={yOf(lane)} />
          </g>
        ))}
        {marks.map((mark, index) => (
          <a
            key={mark.id}
            href={hrefOf(`/events/${mark.id}`)}
            data-mark={mark.id}
            tabindex={index === place ? 0 : -1}
            aria-label={printable(wordsOf(mark))}
            onFocus={() => setCurrent(mark.id)}
            onMouseEnter={() => setCurrent(mark.id)}
            onClick={(event) => {
              if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
              event.preventDefault();
              goTo(`/events/${mark.id}`);
            }}
          >
            <path class={`mark ${mark.tone}`} d={shapeOf(mark)} />
          </a>
        ))}
        <text class="axis" x={left} y={height - 4}>
          {formatMoment(from)}
        </text>
        <text class="axis" x={width} y={height - 4} text-anchor="end">
          {formatMoment(ribbon.until)}
        </text>
      </svg>
      <figcaption aria-hidden="true">{wordsOf(shown)}</figcaption>
    </figure>
  );
};

const yOf = (lane: number): number => lane * laneHeight + laneHeight / 2;

const wordsOf = ({ entry: { at, kind, text, by, by_name: name } }: Mark): string =>
  `${formatMoment(at)} ${kind}: ${text} (${name ?? by})`;

/** Its own shape for what it comes to: colour alone says nothing. */
const shapeOf = ({ place, lane, tone }: Mark): string => {
  const x = left + size + place * (width - left - 2 * size);
  const y = yOf(lane);
  if (tone === 'bad')
    return `M${x - size} ${y - size}L${x + size} ${y + size}M${x + size} ${y - size}L${x - size} ${y + size}`;
  if (tone === 'busy') return `M${x} ${y - size}L${x + size} ${y + size}L${x - size} ${y + size}Z`;
  if (tone === 'good')
    return `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`;
  return `M${x - 4} ${y - 4}h8v8h-8Z`;
};
