/** A plot over time. What draws it is loaded when the first one is looked at. */

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatValue } from '../../../../checks/view/columns.ts';
import type { ValueType } from '../../../../checks/view/columns.ts';
import { Problem } from '../../parts/problem.tsx';
import { timeLabels } from './plot-times.ts';

interface PlotProps {
  /** What it shows, for all readers. */
  readonly label: string;
  /** Ms since the epoch, and the number; oldest first. */
  readonly points: readonly (readonly [number, number])[];
  /** A number holds until the next. */
  readonly isStepped?: boolean | undefined;
  /** What whole numbers stand for, from 0. */
  readonly names?: readonly string[] | undefined;
  readonly type?: string | undefined;
}

const height = 170;
const leastWidth = 260;

/** As style sheets have them now: light or dark. */
const colour = (name: string, element: Element): string =>
  getComputedStyle(element).getPropertyValue(name).trim();

export const Plot = ({ label, points, isStepped, names, type }: PlotProps): JSX.Element => {
  const box = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<unknown>();
  const key = `${points.length} ${points.at(-1)?.join(' ')}`;
  useEffect(() => {
    const element = box.current!;
    let plot: uPlot | undefined;
    let isWanted = true;
    const resized = new ResizeObserver(() => plot?.setSize({ width: widthOf(element), height }));
    Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')])
      .then(([{ default: UPlot }]) => {
        if (!isWanted) return;
        const data: uPlot.AlignedData = [
          points.map(([at]) => at / 1000),
          points.map(([, value]) => value),
        ];
        plot = new UPlot(optionsOf({ element, isStepped, names, type, UPlot }), data, element);
        resized.observe(element);
      })
      .catch((failed: unknown) => isWanted && setError(failed));
    return () => {
      isWanted = false;
      resized.disconnect();
      plot?.destroy();
    };
  }, [key, isStepped, type]);
  return (
    <figure class="plot">
      <figcaption>{label} (UTC)</figcaption>
      <Problem error={error} />
      <div ref={box} role="img" aria-label={`${label}, ${rangeOf(points, names, type)}`} />
    </figure>
  );
};

const widthOf = (element: Element): number => Math.max(leastWidth, element.clientWidth);

const textOf = (
  value: number,
  names: readonly string[] | undefined,
  type: string | undefined,
): string => (names ? (names[value] ?? '') : formatValue(value, (type ?? 'count') as ValueType));

const rangeOf = (
  points: PlotProps['points'],
  names: readonly string[] | undefined,
  type: string | undefined,
): string => {
  const values = points.map(([, value]) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const last = textOf(values.at(-1)!, names, type);
  return `from ${textOf(least, names, type)} to ${textOf(most, names, type)}, at last ${last}`;
};

interface Drawn extends Pick<PlotProps, 'isStepped' | 'names' | 'type'> {
  readonly element: HTMLElement;
  readonly UPlot: typeof uPlot;
}

const optionsOf = ({ element, isStepped, names, type, UPlot }: Drawn): uPlot.Options => {
  const [ink, line] = [colour('--ink', element), colour('--line', element)];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line } };
  return {
    ...{ width: widthOf(element), height, legend: { show: false } },
    cursor: { drag: { x: false, y: false } },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), 'UTC'),
    scales: names ? { y: { range: [-0.25, names.length - 0.75] } } : {},
    series: [
      {},
      {
        ...{ stroke: colour('--link', element), width: 2 },
        ...(isStepped ? { paths: UPlot.paths.stepped!({ align: 1 }) } : {}),
      },
    ],
    axes: [
      {
        ...axis,
        space: 80,
        values: (_plot, splits, _axis, _space, step) => timeLabels(splits, step),
      },
      {
        ...axis,
        size: 70,
        ...(names ? { splits: () => names.map((_, index) => index) } : {}),
        values: (_plot, splits) => splits.map((one) => textOf(one, names, type)),
      },
    ],
  };
};
