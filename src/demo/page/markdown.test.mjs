// Run with: node --test src/demo/page/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlocks, parseInline, plainText, safeUrl } from './markdown.js';

/** A tree as one short line, so that the tests read like the text. */
function show(nodes) {
  return nodes.map((node) => {
    switch (node.type) {
      case 'text': return node.text;
      case 'break': return '⏎';
      case 'code': return `code(${node.lang ? `${node.lang}:` : ''}${node.text})`;
      case 'time': return `time(${node.unix},${node.style})`;
      case 'user': case 'role': case 'channel': return `${node.type}(${node.id})`;
      case 'link': return `link(${node.href},${show(node.children)})`;
      case 'list': return `${node.ordered ? `ol${node.start}` : 'ul'}(${node.items.map((item) => show(item.children) + show(item.nested)).join('|')})`;
      case 'heading': return `h${node.level}(${show(node.children)})`;
      default: return node.children ? `${node.type}(${show(node.children)})` : `${node.type}(${node.text})`;
    }
  }).join('');
}
const inline = (text) => show(parseInline(text));
const blocks = (text) => show(parseBlocks(text));

test('emphasis nests the way Discord shows it', () => {
  assert.equal(inline('a **b** c'), 'a strong(b) c');
  assert.equal(inline('*i* _i_ __u__ ~~s~~ ||x||'), 'em(i) em(i) underline(u) strike(s) spoiler(x)');
  assert.equal(inline('***both***'), 'strong(em(both))');
  assert.equal(inline('**bold *and italic***'), 'strong(bold em(and italic))');
  assert.equal(inline('*it **bo** it*'), 'em(it strong(bo) it)');
  assert.equal(inline('__**x**__'), 'underline(strong(x))');
});

test('signs that open nothing stay as they are', () => {
  assert.equal(inline('2 * 3 * 4'), '2 * 3 * 4');
  assert.equal(inline('snake_case_name'), 'snake_case_name');
  assert.equal(inline('**open'), '**open');
  assert.equal(inline('****'), '****');
  assert.equal(inline('a | b ~ c ` d'), 'a | b ~ c ` d');
  assert.equal(inline('[not a link] (x)'), '[not a link] (x)');
});

test('a backslash makes the next sign literal', () => {
  assert.equal(inline('\\*no\\* \\_no\\_ \\`no\\`'), '*no* _no_ `no`');
  assert.equal(inline('**a \\** b**'), 'strong(a ** b)');
  assert.equal(inline('C:\\Users'), 'C:\\Users');
  assert.equal(inline('\\<@1>'), '<@1>');
});

test('code keeps what is inside it', () => {
  assert.equal(inline('`**a** <@1>`'), 'code(**a** <@1>)');
  assert.equal(inline('`` a`b ``'), 'code(a`b)');
  assert.equal(blocks('x\n```powershell\nGet-ADSync *\n  y\n```\nz'), 'paragraph(x)code(powershell:Get-ADSync *\n  y)paragraph(z)');
  assert.equal(blocks('a ```b``` c'), 'paragraph(a )code(b)paragraph( c)');
  assert.equal(blocks('``` never closed'), 'paragraph(``` never closed)');
});

test('mentions, times and commands are read', () => {
  assert.equal(inline('<@1> <@!2> <@&3> <#4>'), 'user(1) user(2) role(3) channel(4)');
  assert.equal(inline('<t:1700000000> <t:1700000000:R> <t:1:x>'), 'time(1700000000,f) time(1700000000,R) <t:1:x>');
  assert.equal(inline('</sync status:9> <:ok:12> @here'), 'command(/sync status) emoji(:ok:) everyone(@here)');
  assert.equal(inline('a < b > c'), 'a < b > c');
});

test('only http and https become links', () => {
  assert.equal(inline('[a **b**](https://x.test/p_(q))'), 'link(https://x.test/p_(q),a strong(b))');
  assert.equal(inline('[a](javascript:alert(1))'), '[a](javascript:alert(1))');
  assert.equal(inline('[a](data:text/html,x)'), '[a](data:text/html,x)');
  assert.equal(inline('see https://x.test/a_b_c.'), 'see link(https://x.test/a_b_c,https://x.test/a_b_c).');
  assert.equal(inline('(https://x.test/)'), '(link(https://x.test/,https://x.test/))');
  assert.equal(inline('<https://x.test/>'), 'link(https://x.test/,https://x.test/)');
  assert.equal(safeUrl('ftp://x'), null);
  assert.equal(safeUrl('attachment://a.png'), null);
});

test('blocks: headings, small text, quotes', () => {
  assert.equal(blocks('# A\n## B\n### C\n#not\n-# d'), 'h1(A)h2(B)h3(C)paragraph(#not)small(d)');
  assert.equal(blocks('> a\n> **b**\nc'), 'quote(paragraph(a⏎strong(b)))paragraph(c)');
  assert.equal(blocks('x\n>>> a\n\nb'), 'paragraph(x)quote(paragraph(a)paragraph(b))');
  assert.equal(blocks('>not'), 'paragraph(>not)');
});

test('lists nest by their indent', () => {
  assert.equal(blocks('- a\n- b\n  - c\n  - d\n- e'), 'ul(a|bul(c|d)|e)');
  assert.equal(blocks('3. a\n4. b\n- c'), 'ol3(a|b)ul(c)');
  assert.equal(blocks('- a\n  more'), 'ul(a⏎more)');
  assert.equal(blocks('-no\n*no'), 'paragraph(-no⏎*no)');
});

test('hostile text ends, and quickly', () => {
  for (const piece of ['*', '**', '_', '[', '<', '`', '> ', '||', '- ', '*_~', '\\', '**a ']) {
    const started = performance.now();
    parseBlocks(piece.repeat(6000 / piece.length));
    assert.ok(performance.now() - started < 2000, `slow on ${JSON.stringify(piece)}`);
  }
  assert.deepEqual(parseBlocks(null), []);
});

test('plain text drops the marks', () => {
  const names = { user: () => 'Dana', role: () => null, channel: () => 'helpdesk' };
  assert.equal(plainText('<@1> in <#2> for <@&3>', names), '@Dana in #helpdesk for @a role');
  assert.equal(plainText('# **Hash sync** is `off`\n- one\n- [two](https://x.test)'), 'Hash sync is off one two');
});
