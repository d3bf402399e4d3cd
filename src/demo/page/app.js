// The local Discord's page: fetches what the acting person sees, shows it, and sends what they do.
//
//   api.js           the JSON interface            route.js         person and channel in the address
//   conversation.js  the open channel              message.js       one message, its cards and buttons
//   composer.js      text and "/" commands         command-form.js  the fields of a command
//   commands.js      what a typed line means       listbox.js       suggestions
//   modal.js         forms                         consoles.js      the simulated servers
//   markdown.js      text to a tree (pure)         markdown-view.js the tree to elements
//   symbols.js       ✅ and the like, drawn          guide.js        the first steps
//   drawers.js       side panels on narrow screens  dom.js          elements, and bringing a live tree up to date
//
// Pure and tested with `node --test src/demo/page/`: markdown.js, commands.js.

import { ApiError, fetchState, follow, post, upload } from './api.js';
import { Composer } from './composer.js';
import { consolesView } from './consoles.js';
import { Conversation, Seen } from './conversation.js';
import { avatar, h, morphChildren } from './dom.js';
import { Drawers } from './drawers.js';
import { asker, GUIDE_LINE, guideView } from './guide.js';
import { tick } from './markdown-view.js';
import { Modal } from './modal.js';
import { hrefOf, readRoute } from './route.js';

/** A press that changes nothing is over after this long, in milliseconds; Discord gives an app 3 seconds. */
const BUSY_AT_MOST = 5000;
/** How often relative times move on, in milliseconds. */
const TICK = 2000;
/** How long to wait after a failed fetch, in milliseconds. */
const RETRY = 1000;

const $ = (id) => document.getElementById(id);

const view = {
  /** The newest state, null until the first arrives. */
  state: null,
  /** The acting person's id. */
  as: null,
  /** The open channel's id. */
  channel: null,
  /** The message whose "Apps" menu is open. */
  menu: null,
  /** Presses under way: "message/custom id" or "console/server" to the state version in which they were made. */
  busy: new Map(),
  /** Ephemeral replies put away by their reader. */
  dismissed: new Set(JSON.parse(sessionStorage.getItem('dismissed') ?? '[]')),
};

const seen = new Seen(sessionStorage);
const conversation = new Conversation({
  scroller: $('scroller'), list: $('messages'), intro: $('intro'), jump: $('jump'), announcer: $('announcer'),
});
const composer = new Composer($('composer'), {
  state: () => view.state,
  send: async (path, body) => {
    // Who writes wants to see the answer.
    conversation.toEnd();
    return act(path, { as: view.as, channel: view.channel, ...body });
  },
  suggest: (body) => post('autocomplete', { as: view.as, channel: view.channel, ...body }).then((answer) => answer.choices ?? [], () => []),
  upload: (file) => upload(view.as, file).catch((error) => {
    alert(error.message);
    return null;
  }),
  alert,
});
const modal = new Modal($('modal'), {
  submit: async ({ custom_id }, values) => {
    const wrong = await attempt('modal', { as: view.as, custom_id, values });
    refresh();
    return wrong;
  },
  close: () => attempt('modal/close', { as: view.as }),
  botName: () => view.state?.bot.name ?? 'the app',
});
const drawers = new Drawers([[$('open-sidebar'), $('sidebar')], [$('open-consoles'), $('consoles')]], $('main'), $('shade'));

// ---- talking to the server ------------------------------------------------------------------------------

/** Sends; resolves to null or the words of what went wrong. */
async function attempt(path, body) {
  try {
    await post(path, body);
    return null;
  } catch (error) {
    return error.message;
  }
}

/** Sends, shows what went wrong, and has the state fetched anew. Resolves to whether it was accepted. */
async function act(path, body) {
  const wrong = await attempt(path, body);
  alert(wrong ?? '');
  refresh();
  return wrong === null;
}

function alert(text) {
  $('alert').textContent = text;
}

let fetching = null;
let again = false;

/** Fetches the newest state; calls while one is under way lead to one more fetch after it. */
function refresh() {
  if (fetching) {
    again = true;
    return fetching;
  }
  fetching = (async () => {
    do {
      again = false;
      await load();
    } while (again);
  })().finally(() => {
    fetching = null;
  });
  return fetching;
}

async function load() {
  const asked = view.as;
  try {
    const state = await fetchState(asked);
    healthy('state', true);
    if (asked !== view.as) again = true;
    else if (asked !== null || !chooseFirst(state)) take(state);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    healthy('state', false);
    // The server was started anew and knows other people: begin with its first one.
    if (error.status >= 400 && error.status < 500 && asked === view.as) view.as = null;
    await new Promise((done) => { setTimeout(done, RETRY); });
    again = true;
  }
}

/** The very first state is the server's first person's: true when the address names somebody else. */
function chooseFirst(state) {
  const { person } = readRoute(location.hash, state.people, state.channels);
  view.as = person?.id ?? state.people.find((one) => one.id === sessionStorage.getItem('as'))?.id ?? state.me.id;
  again = view.as !== state.me.id;
  return again;
}

function take(state) {
  const version = view.state?.version;
  view.state = state;
  if (version !== state.version) view.busy.clear();
  const route = readRoute(location.hash, state.people, state.channels);
  view.channel = (route.channel ?? state.channels.find((channel) => channel.id === view.channel) ?? state.channels[0])?.id ?? null;
  sessionStorage.setItem('as', view.as);
  const wanted = view.channel === null ? location.hash : hrefOf(me(), channelOf(view.channel));
  if (location.hash !== wanted) history.replaceState(null, '', wanted);
  conversation.announce(view.as, state, view.channel, names);
  render();
}

const health = { events: true, state: true };

/** The stream of events or the fetching of states works, or does not. */
function healthy(part, works) {
  health[part] = works;
  const lost = !health.events || !health.state;
  $('connection').textContent = lost ? 'Disconnected, trying again' : '';
  $('connection').classList.toggle('shown', lost);
}

// ---- looking things up ----------------------------------------------------------------------------------

const me = () => view.state.people.find((person) => person.id === view.as) ?? view.state.me;
const channelOf = (id) => view.state.channels.find((channel) => channel.id === id) ?? null;
const messagesOf = (id) => (view.state.messages[id] ?? []).filter((message) => !view.dismissed.has(message.id));
const userName = (id) => [view.state.bot, ...view.state.people].find((user) => user.id === id)?.name ?? null;

const names = {
  user: userName,
  role: (id) => view.state.roles?.find((role) => role.id === id)?.name ?? null,
  channel: (id) => channelOf(id)?.name ?? null,
  channelHref: (id) => hrefOf(me(), channelOf(id)),
  isMessageCommand: (name) => view.state.commands.some((command) => command.type === 3 && command.name === name),
};

// ---- showing --------------------------------------------------------------------------------------------

function render() {
  const { state } = view;
  const channel = channelOf(view.channel);
  const open = messagesOf(view.channel);
  if (document.visibilityState === 'visible') seen.mark(view.as, view.channel, open);

  $('guild-name').textContent = state.guild.name;
  $('channel-name').textContent = channel ? `#${channel.name}` : 'No channel';
  $('channel-topic').textContent = channel?.topic ?? '';
  morphChildren($('channels'), state.channels.map(channelLink));
  morphChildren($('members'), [memberView({ ...state.bot, bot: true, about: state.bot.online ? 'app, online' : 'app, offline' }), ...state.people.map(memberView)]);
  morphChildren($('my-avatar'), [avatar(me())]);
  morphChildren($('person'), state.people.map((person) => h('option', { value: person.id }, person.name)));
  $('person').value = view.as;
  morphChildren($('locale'), state.locales.map(({ locale, name }) => h('option', { value: locale }, name)));
  $('locale').value = me().locale;
  $('steps').hidden = open.length === 0;
  $('my-role').textContent = state.me.role_label ?? me().about ?? '';

  conversation.render(open, {
    place: `${view.as}/${view.channel}`,
    names,
    menu: view.menu,
    menuCommands: state.commands.filter((command) => command.type === 3),
    busy: (message, customId) => view.busy.has(`${message}/${customId}`),
    busySig: (message) => [...view.busy.keys()].filter((key) => key.startsWith(`${message}/`)).join(),
    guide: () => guideView(state),
  });
  if (channel) composer.moved(`${view.as}/${view.channel}`, channel.name);
  modal.update(state.modal ?? null);
  renderConsoles(state.consoles ?? []);

  const unread = state.channels.reduce((sum, one) => sum + unreadIn(one), 0);
  document.title = `${unread > 0 ? `(${unread}) ` : ''}${channel ? `#${channel.name}` : ''} · ${me().name} · Local Discord`;
}

function unreadIn(channel) {
  return seen.unread(view.as, channel.id, messagesOf(channel.id));
}

function channelLink(channel) {
  const unread = channel.id === view.channel ? 0 : unreadIn(channel);
  const badge = `unread-${channel.id}`;
  return h('li', { 'data-key': channel.id },
    h(`a.channel${unread > 0 ? '.unread' : ''}`, {
      href: hrefOf(me(), channel), 'aria-current': channel.id === view.channel ? 'page' : null, 'aria-describedby': unread > 0 ? badge : null,
    }, h('span.hash', { 'aria-hidden': 'true' }, '#'), channel.name),
    unread > 0 ? h('span.badge', { id: badge }, `${unread} new`) : null);
}

function memberView(member) {
  return h('li.member', { 'data-key': member.id },
    avatar(member, 'avatar-small'),
    h('span.member-name', {}, member.name),
    h(`span.member-about${member.bot ? (member.online ? '.online' : '.offline') : ''}`, {}, member.about));
}

function renderConsoles(consoles) {
  const panel = $('consoles');
  const waiting = consoles.filter((server) => server.staged).length;
  $('layout').classList.toggle('with-consoles', consoles.length > 0);
  panel.hidden = consoles.length === 0;
  $('open-consoles').hidden = consoles.length === 0;
  $('open-consoles').textContent = waiting > 0 ? `Server consoles (${waiting} waiting)` : 'Server consoles';
  $('open-consoles').classList.toggle('waiting', waiting > 0);
  consolesView($('console-list'), consoles, (server) => view.busy.has(`console/${server}`));
}

// ---- doing ----------------------------------------------------------------------------------------------

/** Marks a press as under way until the next state, then sends it. */
async function press(key, path, body) {
  if (view.busy.has(key)) return;
  const mark = view.state.version;
  view.busy.set(key, mark);
  render();
  const done = () => {
    if (view.busy.get(key) === mark && view.busy.delete(key)) render();
  };
  setTimeout(done, BUSY_AT_MOST);
  if (!await act(path, body)) done();
}

const actions = {
  click({ message, customId }) {
    modal.forget();
    press(`${message}/${customId}`, 'click', { as: view.as, channel: view.channel, message, custom_id: customId });
  },
  'select-many': ({ message, customId }, button) => {
    const values = [...button.parentElement.querySelector('select').selectedOptions].map((option) => option.value);
    press(`${message}/${customId}`, 'select', { as: view.as, channel: view.channel, message, custom_id: customId, values });
  },
  apps({ message }) {
    view.menu = view.menu === message ? null : message;
    render();
  },
  context({ message, name }) {
    closeMenu(true);
    act('context', { as: view.as, channel: view.channel, name, message });
  },
  dismiss({ message }) {
    view.dismissed.add(message);
    sessionStorage.setItem('dismissed', JSON.stringify([...view.dismissed]));
    render();
    $('message').focus();
  },
  console({ server }) {
    press(`console/${server}`, 'console', { server, action: 'apply' });
  },
  fill() {
    const { person, channel } = asker(view.state);
    composer.drafts.set(`${person.id}/${channel.id}`, GUIDE_LINE);
    if (person.id === view.as && channel.id === view.channel) composer.fill(GUIDE_LINE);
    else location.hash = hrefOf(person, channel);
    $('message').focus();
  },
};

function closeMenu(keepFocus) {
  if (view.menu === null) return;
  const button = document.querySelector(`[data-action=apps][data-message="${CSS.escape(view.menu)}"]`);
  view.menu = null;
  render();
  if (keepFocus) button?.focus();
}

document.addEventListener('click', (event) => {
  const target = event.target.closest('[data-action]');
  if (!event.target.closest('.apps')) closeMenu(false);
  if (!target || target.getAttribute('aria-disabled') === 'true' || target.matches('select')) return;
  actions[target.dataset.action]?.(target.dataset, target);
});

document.addEventListener('change', (event) => {
  const { target } = event;
  if (target.id === 'person') {
    const person = view.state.people.find((one) => one.id === target.value);
    location.hash = hrefOf(person, channelOf(view.channel));
  } else if (target.id === 'locale') {
    act('locale', { as: view.as, locale: target.value });
  } else if (target.matches('select[data-action=select]')) {
    const { message, customId } = target.dataset;
    press(`${message}/${customId}`, 'select', { as: view.as, channel: view.channel, message, custom_id: customId, values: [target.value] });
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented) return;
  if (view.menu !== null) closeMenu(true);
  else drawers.close(true);
});

window.addEventListener('hashchange', () => {
  if (!view.state) return;
  const { person, channel } = readRoute(location.hash, view.state.people, view.state.channels);
  drawers.close(false);
  view.menu = null;
  alert('');
  if (channel) view.channel = channel.id;
  if (person && person.id !== view.as) {
    view.as = person.id;
    view.busy.clear();
    refresh();
  } else {
    take(view.state);
  }
});

document.addEventListener('visibilitychange', () => {
  if (view.state && document.visibilityState === 'visible') render();
});

$('skip').addEventListener('click', () => $('message').focus());

// ---- go -------------------------------------------------------------------------------------------------

setInterval(() => tick(document), TICK);
follow({
  changed: (version) => {
    if (version === null || version !== view.state?.version) refresh();
  },
  online: (works) => healthy('events', works),
});
refresh();
