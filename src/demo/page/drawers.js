// On narrow screens the two side panels slide over the conversation, one at a time. While one is open the rest is inert.

/** `panels`: pairs of [button, panel] elements; `main`: what they cover; `shade`: the dark sheet between. */
export class Drawers {
  constructor(panels, main, shade) {
    Object.assign(this, { panels, main, shade });
    for (const [button, panel] of panels) {
      button.addEventListener('click', () => this.open(button, panel));
      panel.querySelector('.close-drawer').addEventListener('click', () => this.close(true));
    }
    shade.addEventListener('click', () => this.close(true));
    // Wide again: the panels stand beside the conversation (the widths are style.css's), nothing is covered.
    for (const width of ['(max-width: 760px)', '(max-width: 1179px)']) {
      matchMedia(width).addEventListener('change', () => this.close(false));
    }
  }

  open(button, panel) {
    this.close(false);
    panel.classList.add('open');
    button.setAttribute('aria-expanded', 'true');
    this.shade.hidden = false;
    this.main.inert = true;
    panel.querySelector('.close-drawer').focus();
  }

  /** `keepFocus`: back to the button that opened it. */
  close(keepFocus) {
    for (const [button, panel] of this.panels) {
      if (!panel.classList.contains('open')) continue;
      panel.classList.remove('open');
      button.setAttribute('aria-expanded', 'false');
      this.main.inert = false;
      if (keepFocus) button.focus();
    }
    this.shade.hidden = true;
  }
}
