/** The map on a canvas: a shape of its own for each state, in the colour that the table has for it. */

import { machineColumns } from '../../../../checks/view/columns.ts';
import type { Tone } from '../../../../checks/view/columns.ts';
import type { MachineState } from '../../../../checks/view/row.ts';
import { placesOf } from './layout.ts';
import type { MapLayout, Placed } from './layout.ts';

const stateColumn = machineColumns.find(({ id }) => id === 'state')!;

const variables: Readonly<Record<Tone, string>> = {
  good: '--good',
  bad: '--bad',
  busy: '--busy',
  faint: '--quiet',
  plain: '--ink',
};

/** Adds the shape of a state to the path, within a square. What is hollow is drawn by its line. */
type Shape = (path: Path2D, x: number, y: number, size: number) => void;

const square: Shape = (path, x, y, size) => path.rect(x, y, size, size);
const circle: Shape = (path, x, y, size) => {
  path.moveTo(x + size, y + size / 2);
  path.arc(x + size / 2, y + size / 2, size / 2, 0, 2 * Math.PI);
};
const polygon =
  (...corners: readonly (readonly [number, number])[]): Shape =>
  (path, x, y, size) => {
    for (const [i, [right, down]] of corners.entries()) {
      const [px, py] = [x + right * size, y + down * size];
      if (i === 0) path.moveTo(px, py);
      else path.lineTo(px, py);
    }
    path.closePath();
  };
const cross: Shape = (path, x, y, size) => {
  path.moveTo(x, y);
  path.lineTo(x + size, y + size);
  path.moveTo(x + size, y);
  path.lineTo(x, y + size);
};

interface Drawn {
  readonly shape: Shape;
  readonly by: 'fill' | 'stroke';
}

const drawn: Readonly<Record<MachineState, Drawn>> = {
  up: { shape: circle, by: 'fill' },
  ssh: { shape: polygon([0, 0], [0.5, 0], [0.5, 1], [0, 1]), by: 'fill' },
  ping: { shape: polygon([0.5, 0], [1, 0], [1, 1], [0.5, 1]), by: 'fill' },
  on: { shape: polygon([0.5, 0], [1, 1], [0, 1]), by: 'fill' },
  off: { shape: circle, by: 'stroke' },
  bmc: { shape: polygon([0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]), by: 'stroke' },
  dark: { shape: cross, by: 'stroke' },
  unknown: { shape: square, by: 'stroke' },
};

export const drawMap = (
  canvas: HTMLCanvasElement,
  layout: MapLayout,
  width: number,
  current: string | null,
): void => {
  const context = canvas.getContext('2d');
  if (!context) return;
  const scale = window.devicePixelRatio || 1;
  const [wide, tall] = [Math.ceil(width * scale), Math.ceil(layout.height * scale)];
  if (canvas.width !== wide || canvas.height !== tall) [canvas.width, canvas.height] = [wide, tall];
  canvas.style.height = `${layout.height}px`;
  canvas.style.width = `${width}px`;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, layout.height);
  const colours = getComputedStyle(canvas);
  const colourOf = (variable: string): string => colours.getPropertyValue(variable).trim();
  drawLabels(context, layout, colourOf('--quiet'), colours.fontFamily);
  const { cell } = layout;
  // A line between them, and for what is drawn by its line the half of that.
  const inset = Math.max(1, cell * 0.16);
  const size = cell - 2 * inset;
  context.lineWidth = Math.max(1.2, cell / 7);
  const paths = new Map<string, { path: Path2D; tone: Tone; by: Drawn['by'] }>();
  let marked: Placed | undefined;
  for (const place of placesOf(layout)) {
    const { row, x, y } = place;
    if (row.machine === current) marked = place;
    const tone = stateColumn.tone!(row);
    const key = `${row.state} ${tone}`;
    const { shape, by } = drawn[row.state];
    let found = paths.get(key);
    if (!found) paths.set(key, (found = { path: new Path2D(), tone, by }));
    shape(found.path, x + inset, y + inset, size);
  }
  for (const { path, tone, by } of paths.values()) {
    context[by === 'fill' ? 'fillStyle' : 'strokeStyle'] = colourOf(variables[tone]);
    context[by](path);
  }
  if (!marked) return;
  context.strokeStyle = colourOf('--link');
  context.lineWidth = 2;
  context.strokeRect(marked.x, marked.y, cell, cell);
};

const drawLabels = (
  context: CanvasRenderingContext2D,
  { blocks, labelHeight }: MapLayout,
  colour: string,
  font: string,
): void => {
  if (labelHeight === 0) return;
  context.fillStyle = colour;
  context.font = `12px ${font}`;
  context.textBaseline = 'bottom';
  for (const { group, x, y, width } of blocks)
    context.fillText(shortened(context, labelOf(group.label), width), x, y - 2);
};

export const labelOf = (label: string): string => (label === '' ? 'in none' : label);

const shortened = (context: CanvasRenderingContext2D, text: string, width: number): string => {
  if (context.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && context.measureText(`${short}…`).width > width)
    short = short.slice(0, -1);
  return `${short}…`;
};
