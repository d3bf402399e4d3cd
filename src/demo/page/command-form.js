// The fields of a chosen slash command.

import { ATTACHMENT, focusedOptions } from './commands.js';
import { h } from './dom.js';
import { Listbox } from './listbox.js';

/** How long typing must pause before suggestions are asked for, in milliseconds. */
const PAUSE = 120;

export class CommandForm {
  /**
   * Builds the fields into `root`. `given`: values already typed, by option name. `suggest(options)` resolves to choices.
   * `entries(type)`: people, channels or roles for the option types that mean one.
   */
  constructor(root, command, given, { suggest, entries }) {
    this.command = command;
    this.fields = new Map();
    this.pickers = new Map();
    root.replaceChildren(
      h('p.command-title', {}, h('b', {}, `/${command.path}`), h('span', {}, command.description)),
      h('div.command-fields', {}, command.options.map((option, index) => this.field(option, index, given.get(option.name) ?? '', suggest, entries))));
    root.hidden = false;
    root.querySelector('input, select, button')?.focus();
  }

  /** What was typed, by option name; a suggestion that was picked counts with its value. */
  values() {
    return new Map([...this.fields].map(([name, field]) => [name, field.dataset.picked === field.value ? field.dataset.value : field.value]));
  }

  /** The files that were chosen, by option name. */
  files() {
    return [...this.pickers].filter(([, picker]) => picker.files.length > 0).map(([name, picker]) => [name, picker.files[0]]);
  }

  /** Puts the focus on the option that is wrong. */
  focus(name) {
    (this.fields.get(name) ?? this.pickers.get(name))?.focus();
  }

  field(option, index, value, suggest, entries) {
    const id = `option-${index}`;
    const about = `${id}-about`;
    const label = h('span.field-label', {}, h('label', { for: id }, option.name), option.required ? h('span.required', {}, 'required') : null);
    const detail = h('span.field-about', { id: about }, option.description ?? '');
    if (option.type === ATTACHMENT) {
      const picker = h('input', { id, 'aria-describedby': about, required: Boolean(option.required), type: 'file' });
      this.pickers.set(option.name, picker);
      return h('div.command-field', {}, label, picker, detail);
    }
    const input = this.input(option, { id, 'aria-describedby': about, required: Boolean(option.required) }, value, entries);
    this.fields.set(option.name, input);
    const box = h('div.command-field', {}, label, input, detail);
    if (option.autocomplete) this.complete(option, input, box, suggest);
    return box;
  }

  input(option, attributes, value, entries) {
    const choices = option.choices?.map((choice) => ({ value: choice.value, name: choice.name }))
      ?? (option.type === 5 ? [{ value: 'true', name: 'true' }, { value: 'false', name: 'false' }] : null)
      ?? (option.type >= 6 && option.type <= 9 ? entries(option.type).map((entry) => ({ value: entry.id, name: entry.name })) : null);
    if (choices && choices.length > 0) {
      return h('select', attributes, h('option', { value: '' }, option.required ? 'Choose one' : 'None'),
        choices.map((choice) => h('option', { value: choice.value, selected: String(choice.value) === value || choice.name === value }, choice.name)));
    }
    const number = option.type === 4 || option.type === 10;
    const input = h('input', {
      ...attributes, type: number ? 'number' : 'text', step: option.type === 10 ? 'any' : null,
      min: option.min_value, max: option.max_value, minlength: option.min_length, maxlength: option.max_length, autocomplete: 'off',
    });
    input.value = value;
    return input;
  }

  complete(option, input, box, suggest) {
    const list = h('ul.suggestions', { 'aria-label': 'Suggestions' });
    box.append(list);
    const listbox = new Listbox(input, list, (item) => {
      input.value = item.name;
      input.dataset.picked = item.name;
      input.dataset.value = item.value;
    });
    let asked = 0;
    const ask = async () => {
      asked += 1;
      const mine = asked;
      await new Promise((done) => { setTimeout(done, PAUSE); });
      if (mine !== asked) return;
      const choices = await suggest(focusedOptions(this.command, this.values(), option.name));
      if (mine === asked && document.activeElement === input) {
        listbox.show(choices.map((choice) => ({ name: String(choice.name), value: String(choice.value) })), -1);
      }
    };
    input.addEventListener('input', ask);
    input.addEventListener('focus', ask);
  }
}
