/** How pages of text look: light or dark as the reader has it, and within 360 px. No meaning is said by colour alone. */

export const style = `:root {
  color-scheme: light dark;
  --paper: #fff;
  --ink: #1b1b1b;
  --quiet: #595959;
  --line: #c4c4c4;
  --link: #0b57b8;
  --good: #1a6b2b;
  --bad: #b3140f;
  --busy: #7a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #151515;
    --ink: #e8e8e8;
    --quiet: #a8a8a8;
    --line: #4a4a4a;
    --link: #8ab8ff;
    --good: #7fd492;
    --bad: #ff8f8a;
    --busy: #f0bd6a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; padding: 0 0.75rem 2rem; font: 1rem/1.45 system-ui, sans-serif; }
body { background: var(--paper); color: var(--ink); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 0.75rem; top: 0.25rem; background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; justify-content: space-between; align-items: center; }
header { padding: 0.5rem 0; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.35rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; }
ul.row { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0; list-style: none; }
form.fields { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: end; margin: 0 0 1rem; }
form.fields p { margin: 0; max-width: 100%; }
label { display: block; color: var(--quiet); }
input, button { max-width: 100%; min-height: 2rem; font: inherit; }
.table { max-width: 100%; overflow-x: auto; border: 1px solid var(--line); }
table { border-collapse: collapse; font-size: 0.9rem; }
caption { padding: 0.25rem 0.5rem; text-align: left; color: var(--quiet); }
th, td { padding: 0.2rem 0.5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top; white-space: nowrap; }
td.text { min-width: 12rem; max-width: 40rem; white-space: normal; overflow-wrap: anywhere; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.busy { color: var(--busy); }
.faint, .quiet { color: var(--quiet); }
.refusal { padding: 0.5rem 0.75rem; border-left: 4px solid var(--bad); }
pre, code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-left: 1rem; } }
`;
