// From markdown.js's tree to elements. Text only ever becomes text nodes.

import { h } from './dom.js';
import { parseBlocks, parseInline } from './markdown.js';
import { withSymbols } from './symbols.js';

/** A whole text; its largest heading is an `h<level>`. `names` says what ids mean: `names.user(id)`, `.role(id)`, `.channel(id)`, `.channelHref(id)`. */
export function markdown(source, names, level = 3) {
  return blocks(parseBlocks(source), names, level);
}

/** One line, as in titles. */
export function markdownLine(source, names) {
  return inlines(parseInline(source), names);
}

function blocks(nodes, names, level) {
  return nodes.map((node) => {
    switch (node.type) {
      case 'heading': return h(`h${node.level + level - 1}.md-heading.level${node.level}`, {}, inlines(node.children, names));
      case 'small': return h('p.md-small', {}, inlines(node.children, names));
      case 'quote': return h('blockquote', {}, blocks(node.children, names, level));
      case 'code': return h('pre', { tabindex: '0', 'aria-label': 'Code' }, h('code', {}, node.text));
      case 'list': return h(node.ordered ? 'ol' : 'ul', { start: node.ordered && node.start !== 1 ? node.start : null }, node.items.map((item) => (
        h('li', {}, inlines(item.children, names), blocks(item.nested, names, level)))));
      default: return h('p', {}, inlines(node.children, names));
    }
  });
}

const WRAPPERS = { strong: 'strong', em: 'em', underline: 'u', strike: 's' };

function inlines(nodes, names) {
  return nodes.map((node) => {
    switch (node.type) {
      case 'text': return withSymbols(node.text);
      case 'break': return h('br');
      case 'code': return h('code', {}, node.text);
      case 'link': return h('a', { href: node.href, target: '_blank', rel: 'noopener noreferrer' }, inlines(node.children, names));
      case 'spoiler': return h('span.spoiler', {}, inlines(node.children, names));
      case 'time': return time(node.unix, node.style);
      case 'user': return h('span.pill', {}, `@${names.user(node.id) ?? 'unknown user'}`);
      case 'role': return h('span.pill.role', {}, `@${names.role(node.id) ?? 'unknown role'}`);
      case 'channel': return names.channel(node.id) === null
        ? h('span.pill', {}, '#unknown')
        : h('a.pill', { href: names.channelHref(node.id) }, `#${names.channel(node.id)}`);
      case 'everyone': case 'command': return h('span.pill', {}, node.text);
      case 'emoji': return withSymbols(node.text);
      default: return h(WRAPPERS[node.type] ?? 'span', {}, inlines(node.children, names));
    }
  });
}

const STYLES = {
  t: { timeStyle: 'short' },
  T: { timeStyle: 'medium' },
  d: { dateStyle: 'short' },
  D: { dateStyle: 'long' },
  f: { dateStyle: 'long', timeStyle: 'short' },
  F: { dateStyle: 'full', timeStyle: 'short' },
};

/** A moment in the reader's own zone; style R counts on by itself (see `tick`). */
export function time(unix, style = 'f') {
  const date = new Date(unix * 1000);
  if (Number.isNaN(date.getTime())) return h('span', {}, `<t:${unix}>`);
  const words = style === 'R' ? relative(unix, Date.now()) : format(date, style);
  return h('time', { datetime: date.toISOString(), title: format(date, 'F'), 'data-relative': style === 'R' ? unix : null }, words);
}

function format(date, style) {
  return new Intl.DateTimeFormat(undefined, STYLES[style] ?? STYLES.f).format(date);
}

const STEPS = [['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** "in 4 hours", "2 minutes ago". */
export function relative(unix, nowMs) {
  const seconds = Math.round(unix - nowMs / 1000);
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS.at(-1);
  return new Intl.RelativeTimeFormat(undefined, { numeric: unit === 'second' ? 'always' : 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** Lets relative times under `root` move on. */
export function tick(root) {
  for (const element of root.querySelectorAll('time[data-relative]')) {
    const words = relative(Number(element.dataset.relative), Date.now());
    if (element.textContent !== words) element.textContent = words;
  }
}
