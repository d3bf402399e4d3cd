// The symbols that cards use, drawn: a machine without a colour emoji font would show empty boxes.
// Discord draws its own as well.

import { h } from './dom.js';

/** Symbol: class (its colour), and a path in a square of 24. A variation selector may follow the symbol. */
const SYMBOLS = new Map([
  ['✅', ['good', 'M5 2h14a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3zm5.200 15.600 8.300-8.500-1.900-1.800-6.500 6.700-2.900-2.700-1.800 1.900z']],
  ['⏳', ['busy', 'M5 2h14v2h-1.500v3c0 2-1.800 3.600-3.700 5 1.900 1.400 3.700 3 3.700 5v3H19v2H5v-2h1.500v-3c0-2 1.800-3.600 3.700-5-1.900-1.400-3.700-3-3.700-5V4H5zm3.500 18h7v-3c0-1.300-1.600-2.600-3.500-3.900-1.900 1.300-3.500 2.600-3.500 3.900z']],
  ['⚠', ['warning', 'M12 2 .8 22h22.400zM11 9h2v6.500h-2zm0 8.200h2v2.200h-2z']],
  ['❌', ['bad', 'M5.300 2.500 12 9.200l6.700-6.700 2.800 2.800L14.800 12l6.700 6.700-2.800 2.800L12 14.800l-6.700 6.700-2.800-2.800L9.200 12 2.500 5.300z']],
  ['ℹ', ['plain', 'M5 2h14a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3H5a3 3 0 0 1-3-3V5a3 3 0 0 1 3-3zm5.700 3.500v2.800h2.600V5.500zm0 4.700v8.300h2.600v-8.300z']],
]);

const ANY = new RegExp(`(${[...SYMBOLS.keys()].join('|')})\\uFE0F?`, 'u');

/** A text as nodes and strings, with the known symbols drawn. */
export function withSymbols(text) {
  return text.split(ANY).map((part, index) => (index % 2 === 1 ? symbol(part) : part)).filter((part) => part !== '');
}

function symbol(character) {
  const [name, shape] = SYMBOLS.get(character);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', shape);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return h(`span.symbol.${name}`, { role: 'img', 'aria-label': character }, svg);
}
