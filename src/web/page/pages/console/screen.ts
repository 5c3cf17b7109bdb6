/**
 * A terminal that shows what a machine writes, and lets the machine do nothing else: no title of the tab, no clipboard, no
 * link that opens by itself, no answer to what it asks unless somebody types.
 */

import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import type { ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { printable } from '../../../../terminal/lines.ts';
import { withSheets } from './sheets.ts';

export interface ScreenListener {
  /** Keys, as bytes for the machine; and what the terminal answers the machine. Only while somebody types. */
  readonly typed: (bytes: Uint8Array) => void;
  /** Something was to be pasted. */
  readonly pasted: (text: string) => void;
  /** The machine shows a link, and somebody wants to follow it. */
  readonly linked: (url: string) => void;
  /** Keys of the page: whoever types leaves by one, and searches by one. */
  readonly leave: () => void;
  readonly search: () => void;
  readonly found: (result: Found) => void;
  /** A key was pressed, and nobody types here. */
  readonly refused: () => void;
}

/** Which of how many; `index` -1: too many to say. */
export interface Found {
  readonly index: number;
  readonly count: number;
}

/** Lines that are kept to scroll back to; what was before is in the log. */
export const linesKept = 5_000;
/** What programs at a serial console take for granted. */
const [columnsMin, rowsMin] = [80, 24];
const marksKept = 200;

/** Sequences by which a machine sets colours, titles and clipboards, or asks for them: they mean nothing here. */
const ignoredCommands = [0, 1, 2, 4, 5, 10, 11, 12, 17, 19, 52, 104, 105, 110, 111, 112];

const encoder = new TextEncoder();

export class Screen {
  readonly terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon({ highlightLimit: 500 });
  readonly #listener: ScreenListener;
  readonly #marks: { dispose: () => void }[] = [];
  readonly #ended = new AbortController();
  #mayType = false;

  constructor(element: HTMLElement, listener: ScreenListener) {
    this.#listener = listener;
    const terminal = new Terminal({
      ...{ cols: columnsMin, rows: rowsMin, scrollback: linesKept, disableStdin: true },
      // Marks and search stand in the margin.
      allowProposedApi: true,
      ...{ fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', cursorBlink: false },
      minimumContrastRatio: 4.5,
      linkHandler: { activate: (_, url) => listener.linked(url) },
    });
    this.terminal = terminal;
    for (const command of ignoredCommands) terminal.parser.registerOscHandler(command, () => true);
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    withSheets(() => terminal.open(element));
    terminal.onData((text) => this.#typed(encoder.encode(text)));
    terminal.onBinary((text) => this.#typed(Uint8Array.from(text, (one) => one.charCodeAt(0))));
    terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      listener.found({ index: resultIndex, count: resultCount }),
    );
    const { signal } = this.#ended;
    element.addEventListener('paste', (event) => this.#paste(event), { capture: true, signal });
    // What is dropped would be typed.
    element.addEventListener('drop', (event) => event.preventDefault(), { capture: true, signal });
  }

  /** Draws it; `drawn` is called when that is done. */
  draw(bytes: Uint8Array, drawn?: () => void): void {
    this.terminal.write(bytes, drawn);
  }

  /** A mark at the line that is written now, which no machine can imitate: it stands beside what it writes. */
  mark(kind: string, text: string): void {
    const { terminal } = this;
    const marker = terminal.registerMarker(0);
    const decoration = terminal.registerDecoration({
      ...{ marker, x: 0, width: 1, layer: 'top' },
      overviewRulerOptions: { color: '#b8860b', position: 'left' },
    });
    decoration?.onRender((element) => {
      if (element.classList.contains('console-mark')) return;
      element.classList.add('console-mark', `of-${kind}`);
      element.title = printable(text);
    });
    this.#marks.push(marker);
    if (this.#marks.length > marksKept) this.#marks.shift()?.dispose();
  }

  set mayType(mayType: boolean) {
    this.#mayType = mayType;
    this.terminal.options.disableStdin = !mayType;
    this.terminal.options.cursorBlink = false;
    this.terminal.options.cursorStyle = mayType ? 'block' : 'underline';
  }

  set theme(theme: ITheme) {
    this.terminal.options.theme = theme;
  }

  set fontSize(px: number) {
    this.terminal.options.fontSize = px;
    this.fit();
  }

  set isRead(isRead: boolean) {
    this.terminal.options.screenReaderMode = isRead;
  }

  /** As large as there is room for, and never smaller than machines think. */
  fit(): void {
    const proposed = this.#fit.proposeDimensions();
    if (!proposed || Number.isNaN(proposed.cols) || Number.isNaN(proposed.rows)) return;
    const columns = Math.max(columnsMin, proposed.cols);
    const rows = Math.max(rowsMin, proposed.rows);
    const { terminal } = this;
    if (columns !== terminal.cols || rows !== terminal.rows) terminal.resize(columns, rows);
  }

  find(text: string, { back = false, isTyped = false } = {}): void {
    if (text === '') return this.#search.clearDecorations();
    const options = {
      incremental: isTyped,
      decorations: {
        ...{ matchBackground: '#5c4a00', activeMatchBackground: '#8a5a00' },
        ...{ matchOverviewRuler: '#b8860b', activeMatchColorOverviewRuler: '#ffb000' },
      },
    };
    if (back) this.#search.findPrevious(text, options);
    else this.#search.findNext(text, options);
  }

  clearSearch(): void {
    this.#search.clearDecorations();
    this.terminal.clearSelection();
  }

  paste(text: string): void {
    if (this.#mayType) this.terminal.paste(text);
  }

  reset(): void {
    for (const mark of this.#marks.splice(0)) mark.dispose();
    this.terminal.reset();
  }

  dispose(): void {
    this.#ended.abort();
    this.terminal.dispose();
  }

  #typed(bytes: Uint8Array): void {
    if (this.#mayType) this.#listener.typed(bytes);
  }

  /** Whether the key is the terminal's. */
  #key(event: KeyboardEvent): boolean {
    const isDown = event.type === 'keydown';
    if (event.ctrlKey && event.shiftKey && event.key === 'ArrowUp') {
      if (isDown) this.#listener.leave();
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === 'f') {
      event.preventDefault();
      if (isDown) this.#listener.search();
      return false;
    }
    if (this.#mayType) return true;
    if (isDown && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey)
      this.#listener.refused();
    // Scrolling is for all; Tab and Ctrl-C are the browser's.
    return event.shiftKey && /^(Page|Home|End)/.test(event.key);
  }

  #paste(event: ClipboardEvent): void {
    event.preventDefault();
    event.stopPropagation();
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (text !== '') this.#listener.pasted(text);
  }
}

/** Colours of the page in either theme. */
export const themeOf = (isDark: boolean): ITheme =>
  isDark
    ? {
        ...{ background: '#14161a', foreground: '#e7e9ec', cursor: '#8ab8ff' },
        selectionBackground: '#3a5f94',
        scrollbarSliderBackground: '#7a828f80',
      }
    : {
        ...{ background: '#ffffff', foreground: '#1b1e23', cursor: '#0b57b8' },
        ...{ selectionBackground: '#a9cbf5', scrollbarSliderBackground: '#565c6680' },
        ...{ black: '#1b1e23', red: '#a8120e', green: '#176329', yellow: '#7a4b00' },
        ...{ blue: '#0b57b8', magenta: '#8a2a86', cyan: '#0b6670', white: '#565c66' },
        ...{ brightBlack: '#565c66', brightRed: '#c2261f', brightGreen: '#1f7a36' },
        ...{ brightYellow: '#8a5a00', brightBlue: '#1f6fd6', brightMagenta: '#a03a9c' },
        ...{ brightCyan: '#0f7c88', brightWhite: '#1b1e23' },
      };
