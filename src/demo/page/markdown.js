// Discord's markdown, read into a tree. Pure: no DOM, no clock.
//
// `parseBlocks` reads message content and embed text; `parseInline` reads what stands on one line
// (embed titles, field names). Both return plain objects; markdown-view.js turns them into elements,
// so content is never handed to the browser as HTML.
//
// Blocks:  paragraph | heading(level) | small | quote(children) | code(lang, text) | list(ordered, start, items)
// Inlines: text | break | strong | em | underline | strike | spoiler | code | link(href, children)
//          | time(unix, style) | user(id) | role(id) | channel(id) | everyone(text) | command(text) | emoji(text)

/** Deeper nesting than this is shown as text: nobody writes it, and it bounds the work. */
const MAX_DEPTH = 12;

/** Reads a whole text. */
export function parseBlocks(source, depth = 0) {
  const text = String(source ?? '').replace(/\r\n?/g, '\n');
  const blocks = [];
  let paragraph = [];
  let at = 0;

  const flush = () => {
    const joined = paragraph.join('\n');
    paragraph = [];
    if (joined.trim() !== '') {
      blocks.push({ type: 'paragraph', children: parseInline(joined, depth) });
    }
  };

  while (at < text.length) {
    const end = lineEnd(text, at);
    const line = text.slice(at, end);

    const fence = readFence(text, at, end);
    if (fence) {
      if (fence.before !== '') paragraph.push(fence.before);
      flush();
      blocks.push({ type: 'code', lang: fence.lang, text: fence.text });
      at = fence.next;
      continue;
    }

    if (depth < MAX_DEPTH && line.startsWith('>>> ')) {
      flush();
      blocks.push({ type: 'quote', children: parseBlocks(text.slice(at + 4), depth + 1) });
      return blocks;
    }
    if (depth < MAX_DEPTH && isQuote(line)) {
      flush();
      const inner = [];
      while (at < text.length) {
        const stop = lineEnd(text, at);
        const quoted = text.slice(at, stop);
        if (!isQuote(quoted)) break;
        inner.push(quoted.slice(2));
        at = stop + 1;
      }
      blocks.push({ type: 'quote', children: parseBlocks(inner.join('\n'), depth + 1) });
      continue;
    }

    const small = /^-# +(.*\S)/.exec(line);
    const heading = /^(#{1,3}) +(.*\S)/.exec(line);
    if (small) {
      flush();
      blocks.push({ type: 'small', children: parseInline(small[1], depth) });
    } else if (heading) {
      flush();
      blocks.push({ type: 'heading', level: heading[1].length, children: parseInline(heading[2], depth) });
    } else if (readBullet(line)) {
      flush();
      const bullets = [];
      while (at < text.length) {
        const stop = lineEnd(text, at);
        const row = text.slice(at, stop);
        const bullet = readBullet(row);
        const continues = bullets.length > 0 && /^ {2,}\S/.test(row);
        if (!bullet && !continues) break;
        if (bullet) bullets.push(bullet);
        else bullets[bullets.length - 1].text += `\n${row.trim()}`;
        at = stop + 1;
      }
      blocks.push(...nestBullets(bullets, depth));
      continue;
    } else if (line.trim() === '') {
      flush();
    } else {
      paragraph.push(line);
    }
    at = end + 1;
  }
  flush();
  return blocks;
}

function lineEnd(text, from) {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function isQuote(line) {
  return line.startsWith('> ') || line === '>';
}

/** A code block that opens on the line from `start` to `end`, wherever it closes. */
function readFence(text, start, end) {
  const open = text.indexOf('```', start);
  if (open < 0 || open >= end || text[open - 1] === '\\') return null;
  const close = text.indexOf('```', open + 3);
  if (close < 0 || text.slice(open + 3, close).trim() === '') return null;
  const body = text.slice(open + 3, close);
  const named = /^([A-Za-z0-9_+\-.#]+)\n/.exec(body);
  const code = (named ? body.slice(named[0].length) : body.replace(/^\n/, '')).replace(/\n$/, '');
  const after = close + 3;
  return {
    before: text.slice(start, open),
    lang: named ? named[1] : '',
    text: code,
    next: text[after] === '\n' ? after + 1 : after,
  };
}

function readBullet(line) {
  const found = /^( *)(?:([-*])|(\d{1,9})\.) +(\S.*)$/.exec(line);
  if (!found) return null;
  return { indent: found[1].length, ordered: found[3] !== undefined, number: Number(found[3] ?? 0), text: found[4] };
}

/** Turns flat bullets with their indents into nested lists. */
function nestBullets(bullets, depth) {
  const lists = [];
  let at = 0;
  while (at < bullets.length) {
    const first = bullets[at];
    const list = { type: 'list', ordered: first.ordered, start: first.number, items: [] };
    while (at < bullets.length && bullets[at].indent <= first.indent + 1 && bullets[at].ordered === first.ordered) {
      const bullet = bullets[at];
      let next = at + 1;
      while (next < bullets.length && bullets[next].indent > bullet.indent + 1) next += 1;
      const children = parseInline(bullet.text, depth);
      const nested = depth < MAX_DEPTH ? nestBullets(bullets.slice(at + 1, next), depth + 1) : [];
      list.items.push({ children, nested });
      at = next;
    }
    lists.push(list);
  }
  return lists;
}

/** Reads text without blocks. */
export function parseInline(source, depth = 0) {
  const text = String(source ?? '');
  const out = [];
  let plain = '';
  let at = 0;

  const push = (node) => {
    if (plain !== '') out.push({ type: 'text', text: plain });
    plain = '';
    out.push(node);
  };

  while (at < text.length) {
    const found = depth < MAX_DEPTH ? readInline(text, at, depth) : null;
    if (found === null) {
      plain += text[at];
      at += 1;
    } else {
      if (typeof found.node === 'string') plain += found.node;
      else push(found.node);
      at = found.next;
    }
  }
  if (plain !== '') out.push({ type: 'text', text: plain });
  return out;
}

/** What starts at `at`: a node (or literal text) and where reading goes on; null for a plain character. */
function readInline(text, at, depth) {
  const char = text[at];
  const next = text[at + 1];
  switch (char) {
    case '\\':
      return next !== undefined && /[^\sA-Za-z0-9]/.test(next) ? { node: next, next: at + 2 } : null;
    case '\n':
      return { node: { type: 'break' }, next: at + 1 };
    case '`':
      return readCode(text, at);
    case '*':
      return next === '*' ? wrapped(text, at, '**', 'strong', depth) : wrapped(text, at, '*', 'em', depth);
    case '_':
      if (next === '_') return wrapped(text, at, '__', 'underline', depth);
      return isWord(text[at - 1]) ? null : wrapped(text, at, '_', 'em', depth);
    case '~':
      return next === '~' ? wrapped(text, at, '~~', 'strike', depth) : null;
    case '|':
      return next === '|' ? wrapped(text, at, '||', 'spoiler', depth) : null;
    case '[':
      return readLink(text, at, depth);
    case '<':
      return readAngle(text, at);
    case '@': {
      const everyone = /^@(?:everyone|here)\b/.exec(text.slice(at, at + 10));
      return everyone ? { node: { type: 'everyone', text: everyone[0] }, next: at + everyone[0].length } : null;
    }
    case 'h':
      return isWord(text[at - 1]) ? null : readBareUrl(text, at);
    default:
      return null;
  }
}

function isWord(char) {
  return char !== undefined && /[\p{L}\p{N}_]/u.test(char);
}

function readCode(text, at) {
  const ticks = /^`+/.exec(text.slice(at))[0];
  let close = at + ticks.length;
  while ((close = text.indexOf(ticks, close)) >= 0) {
    if (text[close + ticks.length] !== '`' && text[close - 1] !== '`') {
      let code = text.slice(at + ticks.length, close);
      // A space on both sides only keeps the ticks apart.
      if (ticks.length > 1 && /^ .* $/s.test(code)) code = code.slice(1, -1);
      if (code === '') break;
      return { node: { type: 'code', text: code }, next: close + ticks.length };
    }
    close += 1;
  }
  return { node: ticks, next: at + ticks.length };
}

function wrapped(text, at, marker, type, depth) {
  const from = at + marker.length;
  if (text[from] === undefined || (marker.length === 1 && /\s/.test(text[from]))) return null;
  const close = findClose(text, from, marker);
  if (close < 0) return null;
  const children = parseInline(text.slice(from, close), depth + 1);
  return { node: { type, children }, next: close + marker.length };
}

/** Where `marker` closes again; steps over escapes, code spans and longer runs of the same sign. */
function findClose(text, from, marker) {
  const sign = marker[0];
  let at = from;
  while (at < text.length) {
    if (text[at] === '\\') {
      at += 2;
      continue;
    }
    if (text[at] === '`') {
      at = readCode(text, at).next;
      continue;
    }
    if (text[at] !== sign) {
      at += 1;
      continue;
    }
    let run = 1;
    while (text[at + run] === sign) run += 1;
    const spaceBefore = /\s/.test(text[at - 1] ?? ' ');
    const fits = marker.length === 1 ? run % 2 === 1 && !spaceBefore : run >= 2;
    const close = at + run - marker.length;
    const insideWord = marker === '_' && isWord(text[close + 1]);
    if (fits && close >= from && !insideWord && (close > from || run > marker.length)) return close;
    at += run;
  }
  return -1;
}

function readLink(text, at, depth) {
  let open = 0;
  let close = -1;
  for (let i = at; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '[') open += 1;
    else if (text[i] === ']') {
      open -= 1;
      if (open === 0) {
        close = i;
        break;
      }
    } else if (text[i] === '\n') break;
  }
  if (close < 0 || text[close + 1] !== '(') return null;
  const target = /^\(<?([^\s<>()]*(?:\([^\s<>()]*\)[^\s<>()]*)*)>?(?:\s+"[^"\n]*")?\)/.exec(text.slice(close + 1));
  const href = target ? safeUrl(target[1]) : null;
  if (href === null) return null;
  const children = parseInline(text.slice(at + 1, close), depth + 1);
  return { node: { type: 'link', href, children }, next: close + 1 + target[0].length };
}

/** `<…>`: mentions, timestamps, emoji, command mentions, quiet links. */
function readAngle(text, at) {
  const end = text.indexOf('>', at);
  if (end < 0 || end - at > 600) return null;
  const inner = text.slice(at + 1, end);
  const next = end + 1;
  let found;
  if ((found = /^@!?(\d+)$/.exec(inner))) return { node: { type: 'user', id: found[1] }, next };
  if ((found = /^@&(\d+)$/.exec(inner))) return { node: { type: 'role', id: found[1] }, next };
  if ((found = /^#(\d+)$/.exec(inner))) return { node: { type: 'channel', id: found[1] }, next };
  if ((found = /^t:(-?\d{1,13})(?::([tTdDfFR]))?$/.exec(inner))) {
    return { node: { type: 'time', unix: Number(found[1]), style: found[2] ?? 'f' }, next };
  }
  if ((found = /^\/([^:\n]{1,100}):\d+$/.exec(inner))) return { node: { type: 'command', text: `/${found[1]}` }, next };
  if ((found = /^a?:(\w{2,32}):\d+$/.exec(inner))) return { node: { type: 'emoji', text: `:${found[1]}:` }, next };
  const href = /^https?:\/\/\S+$/.test(inner) ? safeUrl(inner) : null;
  if (href !== null) return { node: { type: 'link', href, children: [{ type: 'text', text: inner }] }, next };
  return null;
}

function readBareUrl(text, at) {
  const found = /^https?:\/\/[^\s<>"'`]+/.exec(text.slice(at, at + 2048));
  if (!found) return null;
  let url = found[0].replace(/[.,:;!?*_~|]+$/, '');
  while (url.endsWith(')') && count(url, ')') > count(url, '(')) url = url.slice(0, -1);
  const href = safeUrl(url);
  return href === null ? null : { node: { type: 'link', href, children: [{ type: 'text', text: url }] }, next: at + url.length };
}

function count(text, sign) {
  return text.split(sign).length - 1;
}

/** The address if it is http or https, else null. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : null;
  } catch {
    return null;
  }
}

/** The words of a text, without marks: for names read aloud and previews. `names` as in markdown-view.js. */
export function plainText(source, names) {
  const words = (nodes) => nodes.map((node) => {
    if (node.type === 'list') return node.items.map((item) => words(item.children) + words(item.nested)).join(' ');
    if (node.type === 'break') return ' ';
    if (node.type === 'user') return `@${names?.user(node.id) ?? 'somebody'}`;
    if (node.type === 'role') return `@${names?.role(node.id) ?? 'a role'}`;
    if (node.type === 'channel') return `#${names?.channel(node.id) ?? 'a channel'}`;
    if (node.type === 'time') return new Date(node.unix * 1000).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
    if (node.children) return words(node.children) + (/quote|paragraph|heading|small/.test(node.type) ? ' ' : '');
    return node.text ?? '';
  }).join('');
  return words(parseBlocks(source)).replace(/\s+/g, ' ').trim();
}
