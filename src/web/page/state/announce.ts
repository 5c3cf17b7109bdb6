/** What happened, told once beside the page, and read out by screen readers. */

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

/** So long a notice stays, ms; what went wrong stays until it is put away. */
const staysMs = 8000;
const atOnceMax = 5;

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<(notices: readonly Notice[]) => void>();

const changed = (next: readonly Notice[]): void => {
  notices = next;
  for (const listener of listeners) listener(notices);
};

export const dismiss = (id: number): void => changed(notices.filter((one) => one.id !== id));

export const announce = (text: string, tone: Notice['tone'] = 'plain'): void => {
  const id = ++lastId;
  changed([...notices, { id, text, tone }].slice(-atOnceMax));
  if (tone !== 'bad') setTimeout(() => dismiss(id), staysMs);
};

export const onNotices = (listener: (notices: readonly Notice[]) => void): (() => void) => {
  listeners.add(listener);
  listener(notices);
  return () => void listeners.delete(listener);
};
