// The page's side of the local Discord's JSON interface.

/** What people have to be told, in the server's words where it has some. */
export class ApiError extends Error {
  /** `status`: the HTTP status, 0 when there was no answer at all. */
  constructor(words, status) {
    super(words);
    this.status = status;
  }
}

async function read(response) {
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(body?.error ?? `The local Discord answered ${response.status}.`, response.status);
  return body ?? {};
}

async function call(path, init) {
  let response;
  try {
    response = await fetch(path, init);
  } catch {
    throw new ApiError('The local Discord does not answer. Is it still running?', 0);
  }
  return read(response);
}

/** Everything a person sees; without an id the server takes the first person. */
export function fetchState(as) {
  return call(as ? `/ui/state?as=${encodeURIComponent(as)}` : '/ui/state', { cache: 'no-store' });
}

/** Sends one action. Resolves to the answer; rejects with an ApiError, also when the answer says `failed`. */
export async function post(path, body) {
  const answer = await call(`/ui/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.failed) throw new ApiError(typeof answer.failed === 'string' ? answer.failed : 'The application did not respond', 200);
  return answer;
}

/** Attaches a file for an option; resolves to its id, rejects with an ApiError. */
export async function upload(as, file) {
  const named = new URLSearchParams({ as, name: file.name, kind: file.type });
  return (await call(`/ui/upload?${named}`, { method: 'POST', body: file })).attachment;
}

/**
 * Follows changes for as long as the page is open. `changed(version)` at each, and once at every (re)connection;
 * `online(bool)` when the connection comes or goes.
 */
export function follow({ changed, online }) {
  let wait = 500;
  const connect = () => {
    const source = new EventSource('/ui/events');
    source.onopen = () => {
      wait = 500;
      online(true);
      changed(null);
    };
    source.onmessage = (event) => {
      try {
        changed(JSON.parse(event.data).version ?? null);
      } catch {
        changed(null);
      }
    };
    source.onerror = () => {
      online(false);
      // The browser gives up for good on some answers, and is slow on others: ask again ourselves.
      source.close();
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 5000);
    };
  };
  connect();
}
