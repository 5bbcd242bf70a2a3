// Two sounds that are told apart in a workshop: up for done, down for what has to be looked at.

/** Hz, one after the other. */
const TONES = { good: [660, 990], bad: [330, 220] };
/** Seconds that each is heard. */
const LENGTH = 0.18;

let context;

/** Lets sounds be heard: browsers want a click before the first one. */
export function allow() {
  context ??= new AudioContext();
  context.resume();
}

/** Plays `good` or `bad`. */
export function play(kind) {
  if (!context) return;
  TONES[kind].forEach((tone, at) => {
    const [oscillator, volume] = [context.createOscillator(), context.createGain()];
    const from = context.currentTime + at * LENGTH;
    oscillator.frequency.value = tone;
    // Without an edge that clicks.
    volume.gain.setValueAtTime(0.25, from);
    volume.gain.exponentialRampToValueAtTime(0.001, from + LENGTH);
    oscillator.connect(volume).connect(context.destination);
    oscillator.start(from);
    oscillator.stop(from + LENGTH);
  });
}
