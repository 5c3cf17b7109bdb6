/** Where the page begins. */

import { render } from 'preact';
import { App } from './app.tsx';
import { listenToKeys } from './state/keys.ts';
import { showTheme } from './state/theme.ts';
import { showWhatIsInText } from './state/visible-text.ts';
import './style.css';

showTheme();
showWhatIsInText();
listenToKeys();
const page = document.getElementById('page')!;
page.replaceChildren();
render(<App />, page);
