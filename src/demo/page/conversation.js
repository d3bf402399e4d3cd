// The open channel: its messages in order, the first-steps guide when it is empty, scrolling, and what is
// announced or counted as unread.

import { h, morphChildren, patchList } from './dom.js';
import { messageView, summary } from './message.js';

/** Messages of one author closer than this stand under one name, in milliseconds. */
const GROUP_WITHIN = 7 * 60 * 1000;
/** How long an announcement stays in the page, in milliseconds. */
const ANNOUNCED_FOR = 4000;
/** Closer to the end than this counts as reading the newest, in pixels. */
const NEAR_END = 80;

export class Conversation {
  constructor({ scroller, list, intro, jump, announcer }) {
    Object.assign(this, { scroller, list, intro, jump, announcer });
    this.place = '';
    this.following = true;
    this.top = 0;
    this.told = new Map();
    scroller.addEventListener('scroll', () => {
      // Only who scrolls up leaves the end: a picture that has just grown must not.
      const up = scroller.scrollTop < this.top - 1;
      this.top = scroller.scrollTop;
      if (this.nearEnd()) {
        this.following = true;
        jump.hidden = true;
      } else if (up) {
        this.following = false;
      }
    }, { passive: true });
    jump.addEventListener('click', () => this.toEnd());
    // Pictures arrive after the words and push the end down.
    new ResizeObserver(() => {
      if (this.following) this.follow();
    }).observe(list);
    new ResizeObserver(() => {
      if (this.following) this.follow();
    }).observe(scroller);
  }

  nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Goes on to the newest message: to its end, or to its first line (which says the most) if it is taller than the view. */
  follow() {
    const newest = this.list.lastElementChild?.getBoundingClientRect();
    if (!newest || newest.height <= this.scroller.clientHeight) return this.toEnd();
    const below = newest.top - this.scroller.getBoundingClientRect().top;
    // Who has read on already stays there.
    if (below > 0) this.scroller.scrollTop += below;
    this.top = this.scroller.scrollTop;
    this.jump.hidden = true;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.top = this.scroller.scrollTop;
    this.following = true;
    this.jump.hidden = true;
  }

  /**
   * Shows `messages`. `view`: {place, names, menu, menuCommands, busy(message, customId), busySig, guide()}.
   */
  render(messages, view) {
    const moved = view.place !== this.place;
    this.place = view.place;
    const before = this.list.lastElementChild?.getAttribute('data-key');
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    const focusedMessage = focused?.closest('.message')?.id;

    morphChildren(this.intro, messages.length === 0 ? [view.guide()] : []);
    const byId = new Map(messages.map((message) => [message.id, message]));
    patchList(this.list, this.items(messages, byId, view));

    if (focused && (!focused.isConnected || focused.disabled)) {
      // The button that had the focus is gone: stay at its message rather than fall back to the top of the page.
      document.getElementById(focusedMessage)?.focus({ preventScroll: true });
    }
    if (moved) this.toEnd();
    else if (this.following) this.follow();
    else if (before !== this.list.lastElementChild?.getAttribute('data-key')) this.jump.hidden = false;
  }

  items(messages, byId, view) {
    const items = [];
    let last = null;
    for (const message of messages) {
      const day = new Date(message.timestamp).toDateString();
      if (last === null || day !== new Date(last.timestamp).toDateString()) {
        items.push({ key: `day-${day}`, sig: day, build: () => daySeparator(message.timestamp) });
      }
      const grouped = follows(message, last);
      const menuOpen = view.menu === message.id;
      const reference = message.reference ? byId.get(message.reference) ?? null : null;
      const menuCommands = message.author.bot || message.ephemeral ? [] : view.menuCommands;
      items.push({
        key: message.id,
        sig: JSON.stringify([message, grouped, menuOpen, reference && summary(reference, view.names), view.busySig(message.id), menuCommands.length, view.place]),
        build: () => messageView(message, {
          names: view.names, reference, grouped, menuOpen, menuCommands, busy: (customId) => view.busy(message.id, customId),
        }),
      });
      last = message;
    }
    return items;
  }

  /** Says aloud what is new since the last state of the same person. */
  announce(as, state, open, names) {
    const now = new Map();
    const news = [];
    for (const channel of state.channels) {
      for (const message of state.messages[channel.id] ?? []) {
        const words = summary(message, names);
        now.set(message.id, words);
        const known = this.told.get(message.id);
        if (this.toldTo !== as || message.author.id === as || known === words) continue;
        const where = channel.id === open ? '' : ` in ${channel.name}`;
        news.push(`${message.author.name}${where}${known === undefined ? '' : ', updated'}: ${words}`);
      }
    }
    this.told = now;
    this.toldTo = as;
    if (news.length === 0) return;
    const line = h('p', {}, news.join('. '));
    this.announcer.append(line);
    // Once said it is only in the way of somebody who reads the page line by line.
    setTimeout(() => line.remove(), ANNOUNCED_FOR);
  }
}

function follows(message, last) {
  return last !== null
    && last.author.id === message.author.id
    && last.ephemeral === message.ephemeral
    && !message.command && !message.reference && !last.failed && !last.pending && !(message.embeds?.length > 0) && !(last.embeds?.length > 0)
    && Date.parse(message.timestamp) - Date.parse(last.timestamp) < GROUP_WITHIN
    && new Date(message.timestamp).toDateString() === new Date(last.timestamp).toDateString();
}

function daySeparator(timestamp) {
  const date = new Date(timestamp);
  const words = Number.isNaN(date.getTime()) ? timestamp : new Intl.DateTimeFormat(undefined, { dateStyle: 'long' }).format(date);
  return h('li.day', {}, h('span', {}, words));
}

/** Which messages a person has seen, by channel; kept for the life of the tab. */
export class Seen {
  constructor(storage) {
    this.storage = storage;
    try {
      this.marks = JSON.parse(storage.getItem('seen')) ?? {};
    } catch {
      this.marks = {};
    }
  }

  mark(as, channel, messages) {
    const last = messages.at(-1)?.id;
    if (last === undefined || this.marks[`${as}/${channel}`] === last) return;
    this.marks[`${as}/${channel}`] = last;
    this.storage.setItem('seen', JSON.stringify(this.marks));
  }

  /** How many messages of others came after the last one seen. */
  unread(as, channel, messages) {
    const at = messages.findIndex((message) => message.id === this.marks[`${as}/${channel}`]);
    return messages.slice(at + 1).filter((message) => message.author.id !== as).length;
  }
}
