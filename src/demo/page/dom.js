// Making elements, and bringing a live tree up to date without replacing what did not change.
//
// Views build plain, detached elements; `morph` and `patchList` carry the differences over to the live ones. So focus, scroll
// position, selected text and half-typed words survive every refresh. Views add no listeners: clicks are handled
// in app.js by their `data-action`.

/** `h('a.pill', {href}, 'text', child, …)`: an element. False, null and undefined attributes and children are left out. */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

const ICONS = {
  apps: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z',
  eye: 'M12 5c5 0 8.6 4.2 10 7-1.4 2.8-5 7-10 7S3.4 14.8 2 12c1.4-2.8 5-7 10-7zm0 3.500a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z',
  reply: 'M10 5 3 12l7 7v-4.500c5 0 8.5 1.6 11 5-1-7-5-10.5-11-11z',
  out: 'M5 5h6v2H7v10h10v-4h2v6H5zM13 5h6v6h-2V8.400l-6.3 6.3-1.4-1.400L15.6 7H13z',
  warning: 'M12 3 1.5 21h21zM11 10h2v5h-2zm0 6.500h2v2h-2z',
  file: 'M6 2h8l5 5v15H6zm7 1.500V8h4.500z',
  pulse: 'M2 13h5l2-6 4 12 3-9 1.5 3H22v-2h-3.300L16 5.500l-3 8.500L9.3 3 5.6 11H2z',
};

/** A small picture beside words that say the same, so it is hidden from assistive technology. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}

/** Six quiet colours, the same one for a name each time. */
export function avatar(person, className = 'avatar') {
  const hue = [...String(person.id)].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 997, 7) % 6;
  if (person.bot) return h(`span.${className}.bot`, { 'aria-hidden': 'true' }, icon('pulse'));
  return h(`span.${className}.hue${hue}`, { 'aria-hidden': 'true' }, (person.name || '?').slice(0, 1).toUpperCase());
}

const key = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute('data-key') : null);

/** Makes `live` equal to `next`, keeping its nodes where they are of the same kind. Returns the node that now stands there. */
export function morph(live, next) {
  if (live.nodeName !== next.nodeName || key(live) !== key(next)) {
    live.replaceWith(next);
    return next;
  }
  if (live.nodeType !== Node.ELEMENT_NODE) {
    if (live.data !== next.data) live.data = next.data;
    return live;
  }
  for (const name of live.getAttributeNames()) {
    if (!next.hasAttribute(name)) live.removeAttribute(name);
  }
  for (const name of next.getAttributeNames()) {
    const value = next.getAttribute(name);
    if (live.getAttribute(name) === value) continue;
    // The page's content security policy refuses style attributes; styles set by script are fine.
    if (name === 'style') live.style.cssText = next.style.cssText;
    else live.setAttribute(name, value);
  }
  morphChildren(live, [...next.childNodes]);
  return live;
}

/** Makes the children of `parent` equal to `wanted`. */
export function morphChildren(parent, wanted) {
  const keyed = new Map();
  const loose = [];
  for (const node of parent.childNodes) {
    if (key(node) !== null) keyed.set(key(node), node);
    else loose.push(node);
  }
  const kept = wanted.map((node) => {
    if (key(node) !== null) {
      const same = keyed.get(key(node));
      return same?.nodeName === node.nodeName ? same : null;
    }
    const at = loose.findIndex((candidate) => candidate.nodeName === node.nodeName);
    return at < 0 ? null : loose.splice(0, at + 1).at(-1);
  });
  place(parent, wanted.map((node, index) => kept[index] ?? node), (node, index) => {
    if (kept[index]) morph(node, wanted[index]);
  });
}

/** Puts exactly `nodes` into `parent`; a node that is already in order is not moved, so it keeps the focus. */
function place(parent, nodes, each) {
  const staying = new Set(nodes);
  for (const node of [...parent.childNodes]) {
    if (!staying.has(node)) node.remove();
  }
  let cursor = parent.firstChild;
  nodes.forEach((node, index) => {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
    each(node, index);
  });
}

const drawn = new WeakMap();

/** A long list: items are `{key, sig, build}`; an item is built again only when its `sig` changed. */
export function patchList(parent, items) {
  const live = new Map([...parent.children].map((node) => [key(node), node]));
  const nodes = items.map((item) => {
    const found = live.get(item.key);
    if (found && drawn.get(found) === item.sig) return found;
    const built = item.build();
    built.setAttribute('data-key', item.key);
    const node = found ? morph(found, built) : built;
    drawn.set(node, item.sig);
    return node;
  });
  place(parent, nodes, () => {});
}
