// Slash commands as text. Pure: what the composer's list offers, and what a typed line means.
//
// Option types (Discord): 1 subcommand, 2 subcommand group, 3 string, 4 integer, 5 boolean, 6 user, 7 channel,
// 8 role, 9 user or role, 10 number, 11 attachment.

export const SUBCOMMAND = 1;
export const GROUP = 2;
export const ATTACHMENT = 11;

/**
 * Everything one can choose after "/": a command, or each of its subcommands.
 * `path` is what is typed ("sync status"), `options` what it takes.
 */
export function slashCommands(commands) {
  const found = [];
  const walk = (names, node) => {
    const inner = (node.options ?? []).filter((option) => option.type === SUBCOMMAND || option.type === GROUP);
    if (inner.length > 0) {
      for (const option of inner) walk([...names, option.name], option);
    } else {
      found.push({ names, path: names.join(' '), description: node.description ?? '', options: node.options ?? [] });
    }
  };
  for (const command of commands) {
    if ((command.type ?? 1) === 1) walk([command.name], command);
  }
  return found;
}

/** The commands that a half-typed line may still become. */
export function matching(slash, line) {
  const typed = line.replace(/^\//, '').replace(/\s+/g, ' ').toLowerCase();
  const starts = slash.filter((command) => command.path.startsWith(typed.trimEnd()));
  const within = slash.filter((command) => !starts.includes(command) && typed.trim() !== '' && command.path.includes(typed.trim()));
  return [...starts, ...within];
}

/** The command whose whole name opens the line, and the text after it; null when there is none. */
export function commandOf(slash, line) {
  const words = /^\/(.*)$/s.exec(line);
  if (!words) return null;
  const rest = words[1].replace(/\s+/g, ' ').toLowerCase();
  const fits = slash
    .filter((command) => rest === command.path || rest.startsWith(`${command.path} `))
    .sort((a, b) => b.path.length - a.path.length);
  if (fits.length === 0) return null;
  const name = new RegExp(`^/${fits[0].names.map(escapeRegExp).join('\\s+')}`, 'i').exec(line)[0];
  return { command: fits[0], rest: line.slice(name.length) };
}

function escapeRegExp(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Reads `name: value` pairs. A value runs until the next name of an option followed by a colon, or to the end.
 * Words before the first name belong to the first option, as when one just types on in Discord.
 */
export function readValues(command, rest) {
  const names = command.options.map((option) => escapeRegExp(option.name));
  const values = new Map();
  const marks = names.length === 0 ? [] : [...rest.matchAll(new RegExp(`(^|\\s)(${names.join('|')}):`, 'gi'))];
  const lead = rest.slice(0, marks[0]?.index ?? rest.length).trim();
  if (lead !== '' && command.options.length > 0) values.set(command.options[0].name, lead);
  marks.forEach((mark, index) => {
    const from = mark.index + mark[0].length;
    const value = rest.slice(from, marks[index + 1]?.index ?? rest.length).trim();
    const option = command.options.find((candidate) => candidate.name.toLowerCase() === mark[2].toLowerCase());
    if (value !== '') values.set(option.name, value);
  });
  const last = marks.at(-1)?.[2].toLowerCase() ?? (lead === '' ? null : command.options[0]?.name ?? null);
  return { values, last };
}

/**
 * The typed words as Discord's interaction options, or what is wrong with them in words.
 * `names` resolves people, channels and roles: `names.find(kind, text)` gives an id or null.
 */
export function toOptions(command, values, names) {
  const options = [];
  for (const option of command.options) {
    const text = (values.get(option.name) ?? '').trim();
    if (text === '') {
      if (option.required) return { error: `/${command.path} needs “${option.name}”.`, option: option.name };
      continue;
    }
    const read = readValue(option, text, names);
    if (read.error) return { error: read.error, option: option.name };
    options.push({ name: option.name, type: option.type, value: read.value });
  }
  return { options: nest(command, options) };
}

function readValue(option, text, names) {
  if (option.type === ATTACHMENT) {
    return /^\d+$/.test(text) ? { value: text } : { error: `“${option.name}” is a file: choose it in the command's form.` };
  }
  if (option.choices?.length > 0) {
    const wanted = text.toLowerCase();
    const choice = option.choices.find((candidate) => String(candidate.value) === text)
      ?? option.choices.find((candidate) => candidate.name.toLowerCase() === wanted);
    const known = option.choices.map((candidate) => candidate.name).join(', ');
    return choice ? { value: choice.value } : { error: `“${option.name}” is one of: ${known}.` };
  }
  if (option.type === 4 || option.type === 10) {
    const value = Number(text);
    if (!Number.isFinite(value) || (option.type === 4 && !Number.isInteger(value))) {
      return { error: `“${option.name}” must be a ${option.type === 4 ? 'whole number' : 'number'}.` };
    }
    if (option.min_value !== undefined && value < option.min_value) return { error: `“${option.name}” must be at least ${option.min_value}.` };
    if (option.max_value !== undefined && value > option.max_value) return { error: `“${option.name}” must be at most ${option.max_value}.` };
    return { value };
  }
  if (option.type === 5) {
    if (/^(true|yes|on)$/i.test(text)) return { value: true };
    if (/^(false|no|off)$/i.test(text)) return { value: false };
    return { error: `“${option.name}” must be true or false.` };
  }
  if (option.type >= 6 && option.type <= 9) {
    const id = names.find(option.type, text);
    return id ? { value: id } : { error: `“${option.name}”: there is no ${text} here.` };
  }
  if (option.max_length !== undefined && text.length > option.max_length) return { error: `“${option.name}” holds at most ${option.max_length} characters.` };
  if (option.min_length !== undefined && text.length < option.min_length) return { error: `“${option.name}” needs at least ${option.min_length} characters.` };
  return { value: text };
}

/** Wraps options in their subcommand (and group), as Discord sends them. */
export function nest(command, options) {
  return command.names.slice(1).reduceRight((inner, name, index, all) => [
    { name, type: index === all.length - 1 ? SUBCOMMAND : GROUP, options: inner },
  ], options);
}

/** What /ui/autocomplete wants: the words so far, and which option is being typed. */
export function focusedOptions(command, values, focused) {
  const options = [];
  for (const option of command.options) {
    const text = values.get(option.name) ?? '';
    if (option.name === focused) options.push({ name: option.name, type: option.type, value: text, focused: true });
    else if (text !== '') options.push({ name: option.name, type: option.type, value: text });
  }
  return nest(command, options);
}

/** "@Syncmedic hello" and "#helpdesk" as Discord's client sends them: `<@id> hello`, `<#id>`. */
export function withMentions(text, people, channels) {
  const replace = (source, sign, entries, open) => entries
    .slice()
    .sort((a, b) => b.name.length - a.name.length)
    .reduce((now, entry) => now.replace(
      new RegExp(`(^|[^\\p{L}\\p{N}_<${sign}])${sign}${escapeRegExp(entry.name)}(?![\\p{L}\\p{N}_-])`, 'giu'),
      (_, before) => `${before}<${open}${entry.id}>`,
    ), source);
  return replace(replace(text, '@', people, '@'), '#', channels, '#');
}
