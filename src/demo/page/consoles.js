// The simulated sync servers: what each reports, its console, and what waits there for a person.

import { h, icon, morphChildren } from './dom.js';

/** Brings the panel up to date; `busy(server)` says whether a press of its button is under way. */
export function consolesView(root, consoles, busy) {
  const followed = new Set([...root.querySelectorAll('.console-log')]
    .filter((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 40)
    .map((log) => log.dataset.server));
  morphChildren(root, consoles.map((server) => consoleView(server, busy(server.server))));
  for (const log of root.querySelectorAll('.console-log')) {
    if (followed.has(log.dataset.server) || log.scrollTop === 0) log.scrollTop = log.scrollHeight;
  }
}

function consoleView({ server, facts, lines, staged }, waiting) {
  const id = `console-${server}`;
  return h('section.console', { 'data-key': server, 'aria-labelledby': id },
    h('h3', { id }, server),
    h('dl.facts', {}, (facts ?? []).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    staged ? h('div.staged', {},
      h('p.staged-head', {}, icon('warning'), 'Waiting for a person at this server', staged.plan_code ? h('code', {}, staged.plan_code) : null),
      h('p', {}, staged.text),
      h('button.button.primary', {
        type: 'button', 'data-action': 'console', 'data-server': server, 'aria-busy': waiting ? 'true' : null, 'aria-disabled': waiting ? 'true' : null,
      }, "Sign in at the server's console", waiting ? h('span.spinner', { 'aria-hidden': 'true' }) : null)) : null,
    // A log, but not a live one: the conversation announces what matters, and this one never stops talking.
    h('div.console-log', { role: 'log', 'aria-live': 'off', 'aria-label': `Console of ${server}`, tabindex: '0', 'data-server': server },
      (lines ?? []).map((line) => h(`div.line${/^(PS |C:\\|>)/.test(line) ? '.prompt' : ''}`, {}, line || '\u00a0'))));
}
