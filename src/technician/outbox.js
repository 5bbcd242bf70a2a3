// Outcomes that could not be told to the feed: kept by the browser, and sent once there is a network.

/** Where they are, the oldest first: address, project key and form of each, and when it was kept, in ms since 1970. */
const KEPT = 'fieldflash.outcomes';
/** More are not kept: the oldest go first. */
const MOST = 1000;
/** How long after a server was out of order, or told too much, it is tried again, in ms. */
const PAUSE = 10 * 60 * 1000;

const read = () => JSON.parse(localStorage.getItem(KEPT) ?? '[]');

function write(outcomes) {
  if (outcomes.length) localStorage.setItem(KEPT, JSON.stringify(outcomes.slice(-MOST)));
  else localStorage.removeItem(KEPT);
}

/** One window of the page after the other, so that each outcome is sent once. */
const alone = (work) => navigator.locks.request(KEPT, work);

/** How many are kept. A browser that keeps nothing has none. */
export function count() {
  try {
    return read().length;
  } catch {
    return 0;
  }
}

/** Keeps an outcome. */
export const keep = (outcome) => alone(() => write([...read(), [...outcome, Date.now()]]));

/** What is said of how long ago something was kept: nothing where the clock was set back since, or nobody has noted it. */
const age = (since) => {
  const seconds = Math.floor((Date.now() - since) / 1000);
  return seconds > 0 ? `&age_seconds=${seconds}` : '';
};

/** Sends those that are kept. What no server answers, or refuses for now, stays for the next time. */
export async function send() {
  if (count() === 0) return;
  await alone(async () => {
    for (let [outcome] = read(); outcome; [outcome] = read()) {
      const [address, key, form, since] = outcome;
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...(key && { 'Memfault-Project-Key': key }) };
      const { status } = await fetch(address, { method: 'POST', headers, body: form + age(since) }).catch(() => ({ status: 0 }));
      if (status === 0 || status === 429 || status >= 500) return;
      // Whatever it says of it, it has it.
      write(read().slice(1));
    }
  });
}

/** Sends what is kept now, when the network is back, and every now and then, until `ended`. */
export function begin(ended) {
  addEventListener('online', send, { signal: ended });
  const timer = setInterval(send, PAUSE);
  ended.addEventListener('abort', () => clearInterval(timer));
  send();
}
