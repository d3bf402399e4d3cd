// The first screen of an empty channel: the demo's story in three steps.

import { h } from './dom.js';
import { hrefOf } from './route.js';

/** What one asks to begin with. */
export const GUIDE_LINE = "/signin problem: users can't sign in";

/** Who asks, and where: Dana in #helpdesk, or the nearest thing to that. */
export function asker({ people, channels }) {
  return {
    person: people.find((person) => person.name === 'Dana') ?? people[0],
    channel: channels.find((channel) => channel.name === 'helpdesk') ?? channels[0],
  };
}

/** The steps; the button is handled in app.js. */
export function guideView({ people, channels, bot }) {
  const approver = people.find((person) => person.name === 'Lee');
  const approvals = channels.find((channel) => channel.name === 'sync-approvals');
  return h('section.guide', { 'aria-labelledby': 'guide-head' },
    h('h2', { id: 'guide-head' }, 'Try this'),
    h('p', {}, `Somebody calls: “I can’t sign in.” See what ${bot.name} finds, and mend it with a second person’s approval.`),
    h('ol', {},
      h('li', {}, h('p', {}, 'As Dana, in #helpdesk, send ', h('code', {}, GUIDE_LINE)),
        h('button.button.secondary', { type: 'button', 'data-action': 'fill' }, 'Fill in for me')),
      h('li', {}, h('p', {}, 'On the card that comes, press ', h('b', {}, 'Request enablement'), ' and give a reason.')),
      h('li', {}, h('p', {}, 'Switch to Lee at “You are”, open #sync-approvals, read the card and press ', h('b', {}, 'Approve'), '.'),
        approver && approvals ? h('a.button.secondary', { href: hrefOf(approver, approvals) }, 'Go there as Lee') : null)));
}
