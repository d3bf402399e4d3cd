// A form that the bot opened for this person, as a dialog. It is built once and then left alone, so that
// refreshes of the page never touch what is being typed.

import { h } from './dom.js';

const PARAGRAPH = 2;

export class Modal {
  /** `submit(modal, values)` and `close(modal)` resolve to null, or to the words of what went wrong. */
  constructor(dialog, { submit, close, botName }) {
    this.dialog = dialog;
    this.actions = { submit, close };
    this.botName = botName;
    this.shown = null;
    this.left = null;
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault();
      this.leave();
    });
    dialog.addEventListener('close', () => {
      if (this.shown) this.leave();
    });
    dialog.addEventListener('click', (event) => {
      if (event.target.closest('[data-modal=cancel]')) this.leave();
    });
    dialog.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
  }

  /** Shows what the state says is open. */
  update(modal) {
    const id = modal ? `${modal.interaction_id ?? ''}/${modal.custom_id}` : null;
    if (id === null) this.left = null;
    // A state fetched before our own "close" arrived must not open it again.
    if (id === this.left) return;
    if (id === (this.shown?.id ?? null)) return;
    if (this.shown) this.hide();
    if (modal) this.show(id, modal);
  }

  /** The next click may open the same form again. */
  forget() {
    this.left = null;
  }

  show(id, modal) {
    this.left = null;
    this.shown = { id, modal };
    this.dialog.replaceChildren(h('form', {},
      h('h2', { id: 'modal-title' }, modal.title),
      h('p.modal-note', {}, `This form goes to ${this.botName()}.`),
      inputs(modal).map(({ input, label, about }, index) => field(input, label, about, index)),
      h('p.modal-error', { role: 'alert' }),
      h('div.modal-buttons', {},
        h('button.button.secondary', { type: 'button', 'data-modal': 'cancel' }, 'Cancel'),
        h('button.button.primary', { type: 'submit' }, 'Submit'))));
    this.dialog.setAttribute('aria-labelledby', 'modal-title');
    for (const counter of this.dialog.querySelectorAll('[data-counts]')) {
      const input = this.dialog.querySelector(`#${counter.dataset.counts}`);
      const write = () => { counter.textContent = `${[...input.value].length} of ${counter.dataset.max} characters`; };
      input.addEventListener('input', write);
      write();
    }
    this.dialog.showModal();
    this.dialog.querySelector('input, textarea, select')?.focus();
  }

  hide() {
    this.shown = null;
    if (this.dialog.open) this.dialog.close();
  }

  async leave() {
    const { shown } = this;
    if (!shown) return;
    this.left = shown.id;
    this.hide();
    await this.actions.close(shown.modal);
  }

  async send() {
    const { shown } = this;
    const button = this.dialog.querySelector('[type=submit]');
    if (!shown || button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    const values = {};
    for (const input of this.dialog.querySelectorAll('[data-custom-id]')) values[input.dataset.customId] = input.value;
    const wrong = await this.actions.submit(shown.modal, values);
    button.removeAttribute('aria-busy');
    if (this.shown !== shown) return;
    if (wrong === null) {
      this.left = shown.id;
      this.hide();
    } else {
      this.dialog.querySelector('.modal-error').textContent = wrong;
    }
  }
}

/** The text inputs: in action rows (type 1), or in labels (type 18) as newer forms have them. */
function inputs(modal) {
  const found = [];
  for (const row of modal.components ?? []) {
    if (row.type === 18 && row.component) found.push({ input: row.component, label: row.label, about: row.description });
    else for (const input of row.components ?? []) found.push({ input, label: input.label, about: null });
  }
  return found.filter(({ input }) => input.type === 4);
}

function field(input, label, about, index) {
  const id = `modal-input-${index}`;
  const long = input.style === PARAGRAPH;
  const required = input.required ?? true;
  const described = [about ? `${id}-about` : null, input.max_length ? `${id}-count` : null].filter(Boolean).join(' ');
  const control = h(long ? 'textarea' : 'input', {
    id, 'data-custom-id': input.custom_id, type: long ? null : 'text', rows: long ? 4 : null, required,
    minlength: input.min_length || null, maxlength: input.max_length, placeholder: input.placeholder, autocomplete: 'off',
    'aria-describedby': described || null,
  });
  control.value = input.value ?? '';
  return h('div.modal-field', {},
    h('span.field-label', {}, h('label', { for: id }, label), required ? h('span.required', {}, 'required') : null),
    about ? h('p.field-about', { id: `${id}-about` }, about) : null,
    control,
    input.max_length ? h('p.field-about', { id: `${id}-count`, 'data-counts': id, 'data-max': input.max_length }) : null);
}
