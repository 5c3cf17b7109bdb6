/**
 * Lets xterm.js style what it draws under a policy that takes no inline styles: what it writes into `<style>` elements
 * becomes a constructed style sheet, and what it writes into the attribute `style` of a `<span>` is set by property.
 * Neither can be done by markup, which is what the policy is for.
 */

/** An element in the place of a `<style>`: its text is a style sheet of the document while it is there. */
const sheetElement = (): HTMLElement => {
  const element = createElement('span');
  element.hidden = true;
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, 'textContent', {
    get: () => '',
    set: (text: string) => sheet.replaceSync(text),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(element);
  };
  return element;
};

const createElement = (name: string): HTMLElement =>
  Document.prototype.createElement.call(document, name);

/**
 * Runs what makes `<style>` elements: xterm.js does so when it is opened. Its option `documentOverride` would not do: its
 * scroll bar asks the window for the document, and its rows the page.
 */
export const withSheets = (open: () => void): void => {
  document.createElement = (name: string): HTMLElement =>
    name === 'style' ? sheetElement() : createElement(name);
  try {
    open();
  } finally {
    // What the prototype has is there again.
    delete (document as Partial<Pick<Document, 'createElement'>>).createElement;
  }
};

/** Colours that are none of the palette are written so, cell by cell. */
HTMLSpanElement.prototype.setAttribute = function (name: string, value: string): void {
  if (name === 'style') this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
};
