// Who one is and which channel is open, kept in the address: #/dana/helpdesk. So a reload, a second
// tab and a shared link all show the same.

const slug = (text) => String(text).trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-');

const byName = (list, part) => list.find((entry) => entry.id === part) ?? list.find((entry) => slug(entry.name) === part) ?? null;

/** The address of a channel for a person. */
export function hrefOf(person, channel) {
  return `#/${encodeURIComponent(slug(person.name))}/${encodeURIComponent(slug(channel.name))}`;
}

/** The person and channel that the address names; null for what it does not name. */
export function readRoute(hash, people, channels) {
  const [, person = '', channel = ''] = /^#\/([^/]*)(?:\/([^/]*))?$/.exec(hash) ?? [];
  const part = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  return { person: byName(people, part(person)), channel: byName(channels, part(channel)) };
}
