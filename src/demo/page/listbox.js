// A list of suggestions under a text box: arrow keys move, Enter or Tab takes, Escape closes.
// The focus stays in the text box; assistive technology follows aria-activedescendant.

import { h } from './dom.js';

let count = 0;

export class Listbox {
  /** `pick(item)` is called with the item taken; items are `{name, detail, …}`. `listen: false`: the owner passes keys to `key`. */
  constructor(input, list, pick, { listen = true } = {}) {
    this.input = input;
    this.list = list;
    this.pick = pick;
    this.items = [];
    this.active = -1;
    count += 1;
    list.id = list.id || `suggestions-${count}`;
    list.setAttribute('role', 'listbox');
    list.hidden = true;
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('autocomplete', 'off');
    // Keep the focus in the text box while the mouse picks.
    list.addEventListener('mousedown', (event) => event.preventDefault());
    list.addEventListener('click', (event) => {
      const row = event.target.closest('[role=option]');
      if (row) this.take(Number(row.dataset.index));
    });
    if (listen) input.addEventListener('keydown', (event) => this.key(event));
    input.addEventListener('blur', () => this.hide());
  }

  get open() {
    return !this.list.hidden;
  }

  /** Shows items; `active` is the one that Enter takes (-1: none until an arrow key is pressed). */
  show(items, active) {
    if (items.length === 0) {
      this.hide();
      return;
    }
    this.items = items;
    this.list.replaceChildren(...items.map((item, index) => h('li.option', {
      role: 'option', id: `${this.list.id}-${index}`, 'data-index': index,
    }, h('span.option-name', {}, item.name), item.detail ? h('span.option-detail', {}, item.detail) : null)));
    this.list.hidden = false;
    this.mark(active);
  }

  hide() {
    this.list.hidden = true;
    this.items = [];
    this.mark(-1);
  }

  mark(index) {
    this.active = index;
    [...this.list.children].forEach((row, at) => row.setAttribute('aria-selected', at === index ? 'true' : 'false'));
    const row = index >= 0 ? this.list.children[index] : null;
    if (row) {
      this.input.setAttribute('aria-activedescendant', row.id);
      row.scrollIntoView({ block: 'nearest' });
    } else {
      this.input.removeAttribute('aria-activedescendant');
    }
  }

  take(index) {
    const item = this.items[index];
    this.hide();
    if (item) this.pick(item);
  }

  /** True when the key was for the list. */
  key(event) {
    if (!this.open || event.isComposing) return false;
    const last = this.items.length - 1;
    if (event.key === 'ArrowDown') this.mark(this.active >= last ? 0 : this.active + 1);
    else if (event.key === 'ArrowUp') this.mark(this.active <= 0 ? last : this.active - 1);
    else if (event.key === 'Escape') this.hide();
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey && this.active >= 0) this.take(this.active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
