// The composer: plain messages, "/" commands typed or filled in, @names.

import { CommandForm } from './command-form.js';
import { commandOf, focusedOptions, matching, readValues, slashCommands, toOptions, withMentions } from './commands.js';
import { Listbox } from './listbox.js';

export class Composer {
  /**
   * `form`: the composer's form element. `host`: `{state(), send(path, body), suggest(body), upload(file), alert(text)}`;
   * `send` resolves to true when it was accepted, `upload` to the file's id or to null.
   */
  constructor(form, host) {
    this.host = host;
    this.form = form;
    this.input = form.querySelector('#message');
    this.fieldsRoot = form.querySelector('#command-form');
    this.hint = form.querySelector('#composer-hint');
    this.cancel = form.querySelector('#cancel-command');
    this.drafts = new Map();
    this.place = '';
    this.filling = null;
    this.sending = false;
    this.asked = 0;
    this.listbox = new Listbox(this.input, form.querySelector('#suggestions'), (item) => item.take(), { listen: false });

    this.input.addEventListener('input', () => this.typed());
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.cancel.addEventListener('click', () => this.closeForm());
    this.fieldsRoot.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.closeForm();
    });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  /** Another person or channel: each keeps its own draft. */
  moved(place, channelName) {
    // Until the first state nobody knows who is writing, or where.
    this.input.disabled = false;
    this.input.placeholder = `Message #${channelName}, or / for commands`;
    if (place === this.place) return;
    this.drafts.set(this.place, this.input.value);
    this.place = place;
    if (this.filling) this.closeForm();
    this.setText(this.drafts.get(place) ?? '');
    this.listbox.hide();
  }

  /** Puts text into the box, ready to be sent. */
  fill(text) {
    if (this.filling) this.closeForm();
    this.setText(text);
    this.input.focus();
    this.typed();
  }

  setText(text) {
    this.input.value = text;
    this.grow();
    this.tell('');
  }

  slash() {
    return slashCommands(this.host.state().commands ?? []);
  }

  grow() {
    this.input.style.height = 'auto';
    this.input.style.height = `${Math.min(this.input.scrollHeight, 200)}px`;
  }

  tell(text) {
    this.hint.textContent = text;
    this.hint.hidden = text === '';
  }

  key(event) {
    if (this.listbox.key(event)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.submit();
    }
  }

  /** After each change of the text: which suggestions fit. */
  typed() {
    this.grow();
    this.tell('');
    this.asked += 1;
    const text = this.input.value;
    if (text.startsWith('/')) this.suggestCommand(text);
    else this.suggestName(text);
  }

  suggestCommand(text) {
    const slash = this.slash();
    const found = commandOf(slash, text);
    if (found && found.rest !== '') {
      this.listbox.hide();
      const { command, rest } = found;
      const { values, last } = readValues(command, rest);
      this.tell(command.options.map((option) => `${option.name}:${option.required ? ' (required)' : ''}`).join('   ') || 'This command takes no options.');
      const option = command.options.find((candidate) => candidate.name.toLowerCase() === last);
      if (option?.autocomplete) this.suggestValue(command, values, option.name);
      return;
    }
    const items = matching(slash, text).map((command) => ({
      name: `/${command.path}`, detail: command.description, take: () => this.choose(command),
    }));
    this.listbox.show(items, 0);
    if (items.length === 0) this.tell('There is no such command here.');
  }

  async suggestValue(command, values, name) {
    const mine = this.asked;
    const choices = await this.host.suggest({ name: command.names[0], options: focusedOptions(command, values, name) });
    if (mine !== this.asked) return;
    const typed = values.get(name) ?? '';
    this.listbox.show(choices.filter((choice) => String(choice.value) !== typed).map((choice) => ({
      name: String(choice.name),
      take: () => {
        const text = this.input.value;
        this.setText(`${typed === '' ? text.trimEnd() : text.slice(0, text.lastIndexOf(typed)).trimEnd()} ${choice.value}`);
      },
    })), -1);
  }

  /** "@" offers the people here; none is taken unless chosen, so that Enter still sends. */
  suggestName(text) {
    const upTo = text.slice(0, this.input.selectionStart ?? text.length);
    const word = /(?:^|\s)@([\p{L}\p{N}_-]*)$/u.exec(upTo);
    if (!word) {
      this.listbox.hide();
      return;
    }
    const { bot, people } = this.host.state();
    const fits = [{ ...bot, about: 'app' }, ...people].filter((person) => person.name.toLowerCase().startsWith(word[1].toLowerCase()));
    this.listbox.show(fits.map((person) => ({
      name: `@${person.name}`,
      detail: person.about,
      take: () => {
        const before = upTo.slice(0, upTo.length - word[1].length);
        this.setText(`${before}${person.name} ${text.slice(upTo.length)}`);
        const caret = before.length + person.name.length + 1;
        this.input.setSelectionRange(caret, caret);
      },
    })), -1);
  }

  /** A command was chosen from the list: its fields, or straight off when it has none. */
  choose(command, given = new Map()) {
    if (command.options.length === 0) {
      this.setText(`/${command.path}`);
      this.submit();
      return;
    }
    this.form.classList.add('filling');
    this.cancel.hidden = false;
    this.tell('');
    this.filling = new CommandForm(this.fieldsRoot, command, given, {
      suggest: (options) => this.host.suggest({ name: command.names[0], options }),
      entries: (type) => this.entries(type),
    });
  }

  closeForm() {
    this.filling = null;
    this.form.classList.remove('filling');
    this.cancel.hidden = true;
    this.fieldsRoot.hidden = true;
    this.fieldsRoot.replaceChildren();
    this.setText('');
    this.input.focus();
  }

  entries(type) {
    const { bot, people, channels, roles } = this.host.state();
    if (type === 6) return [...people, bot];
    if (type === 7) return channels;
    if (type === 8) return roles;
    return [...people, bot, ...roles];
  }

  names() {
    return {
      find: (type, text) => {
        const wanted = text.replace(/^<?[@#][&!]?|>$/g, '').toLowerCase();
        return this.entries(type).find((entry) => entry.id === wanted || entry.name.toLowerCase() === wanted)?.id ?? null;
      },
    };
  }

  async submit() {
    if (this.sending) return;
    const text = this.input.value.trim();
    if (this.filling) await this.sendForm(this.filling);
    else if (text.startsWith('/')) await this.submitLine(text);
    else if (text !== '') {
      const { bot, people, channels } = this.host.state();
      await this.deliver('message', { content: withMentions(text, [bot, ...people], channels) });
    }
  }

  async submitLine(text) {
    const found = commandOf(this.slash(), text);
    if (!found) {
      this.host.alert(`There is no command ${text.split(/\s/, 1)[0]} here.`);
      return;
    }
    const { values } = readValues(found.command, found.rest);
    await this.sendCommand(found.command, values);
  }

  /** Files go first: what the command carries is their ids. */
  async sendForm(filling) {
    const values = filling.values();
    this.sending = true;
    try {
      for (const [name, file] of filling.files()) {
        const id = await this.host.upload(file);
        if (id === null) {
          filling.focus(name);
          return;
        }
        values.set(name, id);
      }
    } finally {
      this.sending = false;
    }
    if (filling === this.filling) await this.sendCommand(filling.command, values);
  }

  async sendCommand(command, values) {
    const read = toOptions(command, values, this.names());
    if (read.error) {
      this.host.alert(read.error);
      if (!this.filling) this.choose(command, values);
      this.filling?.focus(read.option);
      return;
    }
    await this.deliver('command', { name: command.names[0], options: read.options });
  }

  /** Sends; the text stays when it was not taken. */
  async deliver(path, body) {
    this.sending = true;
    this.listbox.hide();
    const { place } = this;
    try {
      const accepted = await this.host.send(path, body);
      if (!accepted) return;
      if (place !== this.place) this.drafts.set(place, '');
      else if (this.filling) this.closeForm();
      else this.setText('');
    } finally {
      this.sending = false;
    }
  }
}
