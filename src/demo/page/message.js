// One message: who, what, the cards (embeds), the pictures and the buttons.

import { avatar, h, icon } from './dom.js';
import { plainText } from './markdown.js';
import { markdown, markdownLine, time } from './markdown-view.js';
import { withSymbols } from './symbols.js';

/**
 * A message as a list item. `context`: {names, reference, grouped, menuOpen, menuCommands, busy(customId)}.
 * A message that carries an embed is an article named by the embed's title.
 */
export function messageView(message, context) {
  const card = message.embeds?.length > 0;
  const classes = [
    'message', card && 'has-card', message.ephemeral && 'ephemeral', context.grouped && 'grouped', message.failed && 'failed',
  ].filter(Boolean).join('.');
  const name = card ? cardName(message, context.names) : null;
  const body = h(`${card ? 'article' : 'div'}.${classes}`, { 'aria-label': name, tabindex: '-1', id: `m${message.id}` },
    lead(message, context),
    context.grouped ? null : avatar(message.author),
    h('div.message-body', {},
      context.grouped ? null : header(message),
      contents(message, context),
      message.ephemeral ? ephemeralNote(message) : null),
    context.menuCommands.length > 0 ? appsMenu(message, context) : null);
  return h('li', {}, body);
}

/** What a card is called: its first title, or the nearest thing to one. */
export function cardName(message, names) {
  for (const embed of message.embeds ?? []) {
    const words = plainText(embed.title, names) || plainText(embed.author?.name) || plainText(embed.description, names).slice(0, 80);
    if (words) return words;
  }
  return 'Card';
}

/** A message in a few words, for announcements and quotations. */
export function summary(message, names) {
  if (message.failed) return message.failed;
  if (message.pending) return `${message.author.name} is thinking…`;
  const card = message.embeds?.length > 0 ? cardName(message, names) : '';
  return [plainText(message.content, names), card].filter(Boolean).join(' ').slice(0, 160) || 'an attachment';
}

/** The line above: which command, or which message, this answers. */
function lead(message, { reference, names }) {
  if (message.command) {
    const { name, by } = message.command;
    const who = names.user(by?.id ?? by) ?? by?.name ?? by;
    return h('p.lead', {}, icon('reply'), h('b', {}, who), ' used ', h('span.pill', {}, names.isMessageCommand(name) ? name : `/${name}`));
  }
  if (message.reference) {
    return h('p.lead', {}, icon('reply'), reference
      ? ['replying to ', h('b', {}, reference.author.name), h('span.lead-quote', {}, withSymbols(summary(reference, names)))]
      : 'replying to a message that is gone');
  }
  return null;
}

function header(message) {
  const unix = Date.parse(message.timestamp) / 1000;
  return h('p.message-head', {},
    h('b.author', {}, message.author.name),
    message.author.bot ? h('span.tag', {}, 'APP') : null,
    h('span.when', {}, Number.isNaN(unix) ? message.timestamp : time(unix, 't')));
}

function contents(message, context) {
  if (message.failed) {
    return h('p.failure', {}, icon('warning'), message.failed);
  }
  if (message.pending) {
    return h('p.thinking', {}, h('span.dots', { 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), `${message.author.name} is thinking…`);
  }
  const shown = new Set();
  const cards = (message.embeds ?? []).map((embed) => embedView(embed, message, context.names, shown));
  const files = (message.attachments ?? []).filter((file) => !shown.has(file.id));
  return [
    message.content ? words(message, context.names) : null,
    cards,
    files.map((file) => attachmentView(file)),
    (message.components ?? []).map((row) => componentRow(row, message, context)),
  ];
}

function words(message, names) {
  const text = h('div.md', {}, markdown(message.content, names));
  if (message.edited) (text.lastElementChild?.nodeName === 'P' ? text.lastElementChild : text).append(h('span.edited', {}, '(edited)'));
  return text;
}

function ephemeralNote(message) {
  return h('p.only-you', {}, icon('eye'), h('span', {}, 'Only you can see this'), h('span', { 'aria-hidden': 'true' }, '·'),
    h('button.link', { type: 'button', 'data-action': 'dismiss', 'data-message': message.id }, 'Dismiss message'));
}

function appsMenu(message, { menuOpen, menuCommands }) {
  const id = `apps-${message.id}`;
  return h('div.apps', {},
    h('button.apps-button', { type: 'button', 'data-action': 'apps', 'data-message': message.id, 'aria-expanded': menuOpen ? 'true' : 'false', 'aria-controls': id },
      icon('apps'), 'Apps'),
    h('div.apps-menu', { id, hidden: !menuOpen }, menuCommands.map((command) => (
      h('button.menu-item', { type: 'button', 'data-action': 'context', 'data-message': message.id, 'data-name': command.name }, command.name)))));
}

/** A picture that may be shown: an attachment of this message or a file of this server; never an address elsewhere. */
function picture(url, message) {
  if (!url) return null;
  const name = /^attachment:\/\/(.+)$/.exec(url)?.[1];
  const path = name === undefined ? new URL(url, location.href) : null;
  const file = (message.attachments ?? []).find((candidate) => (name === undefined
    ? new URL(candidate.url, location.href).pathname === path.pathname
    : candidate.filename === decodeURIComponent(name)));
  if (file) return { src: file.url, alt: file.description || file.filename, file };
  return path && path.origin === location.origin ? { src: path.href, alt: path.pathname.split('/').pop(), file: null } : null;
}

function image(found, className) {
  return h('a.picture', { href: found.src, target: '_blank', rel: 'noopener' }, h(`img.${className}`, { src: found.src, alt: found.alt }));
}

function attachmentView(file) {
  if ((file.content_type ?? '').startsWith('image/')) {
    return image({ src: file.url, alt: file.description || file.filename }, 'attached');
  }
  return h('a.file', { href: file.url, download: file.filename }, icon('file'), file.filename);
}

function embedView(embed, message, names, shown) {
  const big = picture(embed.image?.url, message);
  const thumb = picture(embed.thumbnail?.url, message);
  for (const found of [big, thumb]) if (found?.file) shown.add(found.file.id);
  const title = embed.title ? markdownLine(embed.title, names) : null;
  const unix = embed.timestamp ? Date.parse(embed.timestamp) / 1000 : NaN;
  const element = h('div.embed', {},
    thumb ? image(thumb, 'thumb') : null,
    embed.author?.name ? h('p.embed-author', {}, link(embed.author.url, embed.author.name)) : null,
    title ? h('h3.embed-title', {}, link(embed.url, title)) : null,
    embed.description ? h('div.md.embed-text', {}, markdown(embed.description, names, 4)) : null,
    embed.fields?.length > 0 ? fieldsView(embed.fields, names) : null,
    big ? image(big, 'chart') : null,
    embed.footer?.text || !Number.isNaN(unix)
      ? h('p.embed-footer', {}, embed.footer?.text, embed.footer?.text && !Number.isNaN(unix) ? ' • ' : null, Number.isNaN(unix) ? null : time(unix, 'f'))
      : null);
  if (Number.isInteger(embed.color)) element.style.setProperty('--bar', `#${embed.color.toString(16).padStart(6, '0')}`);
  return element;
}

function link(url, words) {
  return /^https?:\/\//.test(url ?? '') ? h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, words) : words;
}

/** Inline fields stand up to three in a row, as in Discord; a full-width field begins a new row. */
function fieldsView(fields, names) {
  const rows = [];
  for (const field of fields) {
    const row = rows.at(-1);
    if (field.inline && row?.inline && row.fields.length < 3) row.fields.push(field);
    else rows.push({ inline: Boolean(field.inline), fields: [field] });
  }
  return h('div.fields', {}, rows.map((row) => h(`dl.field-row.of${row.fields.length}`, {}, row.fields.map((field) => (
    h('div.field', {}, h('dt', {}, markdownLine(field.name, names)), h('dd.md', {}, markdown(field.value, names, 4))))))));
}

const STYLES = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger' };

function componentRow(row, message, context) {
  if (row.type !== 1) return component(row, message, context);
  return h('div.row', {}, (row.components ?? []).map((part) => component(part, message, context)));
}

function component(part, message, context) {
  if (part.type === 2) return button(part, message, context);
  if (part.type === 3) return select(part, message, context);
  return h('p.not-shown', {}, `This page does not show components of type ${part.type}.`);
}

function button(part, message, { busy }) {
  const emoji = part.emoji?.name && !part.emoji.id ? h('span', { 'aria-hidden': 'true' }, `${part.emoji.name} `) : null;
  const words = [emoji, part.label ?? part.emoji?.name ?? 'Button'];
  if (part.style === 5) {
    return h('a.button.secondary', { href: /^https?:\/\//.test(part.url ?? '') ? part.url : null, target: '_blank', rel: 'noopener noreferrer' }, words, icon('out'));
  }
  const waiting = busy(part.custom_id);
  // Busy is told, not disabled: a disabled button would lose the keyboard focus.
  return h(`button.button.${STYLES[part.style] ?? 'secondary'}`, {
    type: 'button', 'data-action': 'click', 'data-message': message.id, 'data-custom-id': part.custom_id,
    disabled: Boolean(part.disabled), 'aria-busy': waiting ? 'true' : null, 'aria-disabled': waiting ? 'true' : null,
  }, words, waiting ? h('span.spinner', { 'aria-hidden': 'true' }) : null);
}

function select(part, message, { busy }) {
  const many = (part.max_values ?? 1) > 1;
  const waiting = busy(part.custom_id);
  const list = h('select', {
    'data-action': many ? null : 'select', 'data-message': message.id, 'data-custom-id': part.custom_id, multiple: many,
    'aria-label': part.placeholder ?? 'Choose', disabled: Boolean(part.disabled), 'aria-busy': waiting ? 'true' : null,
  },
  many ? null : h('option', { value: '', disabled: true, selected: !(part.options ?? []).some((option) => option.default) }, part.placeholder ?? 'Choose'),
  (part.options ?? []).map((option) => h('option', { value: option.value, selected: Boolean(option.default) },
    option.description ? `${option.label}: ${option.description}` : option.label)));
  if (!many) return list;
  return h('span.many', {}, list, h('button.button.secondary', { type: 'button', 'data-action': 'select-many', 'data-message': message.id, 'data-custom-id': part.custom_id }, 'Choose'));
}
