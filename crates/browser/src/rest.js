// Timers of a page that is hidden go off once a second, and once a minute after some minutes. A worker's go off in time.

/** Answers to waits that are under way, by their numbers. */
const waits = new Map();
let worker;
let last = 0;

/** Lets all go on that wait, by the page's own timers: there is no worker. */
function without() {
  worker = null;
  for (const [answer, ms] of waits.values()) setTimeout(answer, ms);
  waits.clear();
}

function begin() {
  try {
    worker = new Worker('timer.js');
    worker.onmessage = ({ data }) => {
      waits.get(data)?.[0]();
      waits.delete(data);
    };
    worker.onerror = without;
  } catch {
    without();
  }
}

/** A promise of so many ms, where the page is hidden; undefined where its own timers will do. */
export function rest(ms) {
  if (!globalThis.document?.hidden) return undefined;
  if (worker === undefined) begin();
  if (worker === null) return undefined;
  return new Promise((answer) => {
    waits.set(++last, [answer, ms]);
    worker.postMessage([last, ms]);
  });
}
