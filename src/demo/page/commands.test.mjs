// Run with: node --test src/demo/page/
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, focusedOptions, matching, readValues, slashCommands, toOptions, withMentions } from './commands.js';

const slash = slashCommands([
  { type: 1, name: 'signin', description: 'Why can’t they sign in?', options: [
    { type: 3, name: 'problem', description: 'In your words', required: true },
    { type: 11, name: 'file', description: 'A log' },
    { type: 3, name: 'server', description: 'Only this one', autocomplete: true },
  ] },
  { type: 1, name: 'sync', description: 'Look', options: [
    { type: 1, name: 'status', description: 'All servers' },
    { type: 1, name: 'history', description: 'Chart', options: [
      { type: 3, name: 'server', required: true, autocomplete: true },
      { type: 4, name: 'hours', min_value: 1, max_value: 72 },
    ] },
  ] },
  { type: 3, name: 'Diagnose sign-in' },
]);
const nobody = { find: () => null };

function read(line) {
  const { command, rest } = commandOf(slash, line);
  return toOptions(command, readValues(command, rest).values, nobody);
}

test('the list holds each subcommand and no message command', () => {
  assert.deepEqual(slash.map((command) => command.path), ['signin', 'sync status', 'sync history']);
  assert.deepEqual(matching(slash, '/sy').map((command) => command.path), ['sync status', 'sync history']);
  assert.deepEqual(matching(slash, '/sync  st').map((command) => command.path), ['sync status']);
  assert.deepEqual(matching(slash, '/hist').map((command) => command.path), ['sync history']);
  assert.equal(matching(slash, '/').length, 3);
});

test('a typed line becomes Discord’s options', () => {
  assert.deepEqual(read("/signin problem: users can't sign in server: SYNC01"), { options: [
    { name: 'problem', type: 3, value: "users can't sign in" },
    { name: 'server', type: 3, value: 'SYNC01' },
  ] });
  assert.deepEqual(read('/signin problem:error: 6900 at 10:42'), { options: [{ name: 'problem', type: 3, value: 'error: 6900 at 10:42' }] });
  assert.deepEqual(read('/signin users are locked out'), { options: [{ name: 'problem', type: 3, value: 'users are locked out' }] });
  assert.deepEqual(read('/sync status'), { options: [{ name: 'status', type: 1, options: [] }] });
  assert.deepEqual(read('/sync history hours: 24 server: SYNC01'), { options: [{ name: 'history', type: 1, options: [
    { name: 'server', type: 3, value: 'SYNC01' }, { name: 'hours', type: 4, value: 24 },
  ] }] });
});

test('what is wrong is said in words', () => {
  assert.match(read('/signin').error, /needs “problem”/);
  assert.match(read('/sync history server: A hours: many').error, /whole number/);
  assert.match(read('/sync history server: A hours: 99').error, /at most 72/);
  assert.equal(commandOf(slash, '/nothing'), null);
  assert.equal(commandOf(slash, '/signing'), null);
  assert.equal(commandOf(slash, 'no slash'), null);
});

test('a file is chosen in the form, and goes by its id', () => {
  assert.match(read('/signin problem: x file: C:\\app.evtx').error, /choose it in the command's form/);
  const { command } = commandOf(slash, '/signin');
  assert.deepEqual(toOptions(command, new Map([['problem', 'x'], ['file', '42']]), nobody), { options: [
    { name: 'problem', type: 3, value: 'x' }, { name: 'file', type: 11, value: '42' },
  ] });
});

test('autocomplete names the option being typed', () => {
  const { command, rest } = commandOf(slash, '/sync history server: SY');
  const { values, last } = readValues(command, rest);
  assert.equal(last, 'server');
  assert.deepEqual(focusedOptions(command, values, last), [{ name: 'history', type: 1, options: [
    { name: 'server', type: 3, value: 'SY', focused: true },
  ] }]);
});

test('names become mentions, addresses do not', () => {
  const people = [{ id: '1', name: 'Syncmedic' }, { id: '2', name: 'Sam' }];
  const channels = [{ id: '9', name: 'helpdesk' }];
  assert.equal(withMentions('@Syncmedic hi @sam', people, channels), '<@1> hi <@2>');
  assert.equal(withMentions('mail x@Sam.test, @Samantha, see #helpdesk', people, channels), 'mail x@Sam.test, @Samantha, see <#9>');
});
