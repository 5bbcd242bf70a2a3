// Many units in a row: when the next one starts by itself, and when someone has to look. It knows neither the page nor
// the browser: it is told what happens, and says what is to be done.
//
// What it sees of the page's session (`src/session/sight.rs`), all texts empty where there is nothing:
//   stage              start, connecting, unlocking, permission, details, asking, ready, downloading, updating or ended
//   outcome, code      once ended: updated, up-to-date, cancelled or failed, and then with which code
//   says               the same code in words
//   chip, uniqueId     what the device is
//   serial, hardwareVersion, softwareType    what the feed is asked with
//   installed          the version that is installed, where that is known
//   version, hash      the release that is offered, and the hash of its file
//   older              something, where that is older than what is installed
//   usb                something, where the device is reached over USB
//   percent            of the update

/** So many failures one after the other are not the devices' fault. */
const SUSPICIOUS = 3;
/** When a device on USB starts its application, it leaves, and may come back as another: that is not the next one. In ms. */
const RESTART = 4000;
/** The states in which the next device may come. */
const WAITING = ['plug', 'done', 'failed', 'current', 'known'];

export class Row {
  /** How each unit ended, the first one first. */
  units;
  /**
   * `first`: one is to be updated by hand; `plug`: the next one is awaited; `working`; `done`, `failed`, `current` (it had
   * the release), `known` (it was updated in this row before): the next one may come; `asks`: someone has to look.
   */
  state = 'first';
  /** Why someone has to look. */
  reason = '';
  /** The release that was confirmed by hand, and for what. */
  #release;
  /** The unit that was updated before the row was turned on. */
  #first;
  #stage = '';
  /** When the unit at hand was begun, in ms. */
  #begun;
  /** Whether it was begun here, and not by hand. */
  #own = false;
  #failures = 0;
  #restarted = 0;

  constructor(units = []) {
    this.units = units;
  }

  /** It is turned on; a unit that has just been updated counts as the first one. */
  turnOn(sight) {
    this.#stage = sight.stage;
    if (sight.outcome !== 'updated') return;
    this.#release = releaseOf(sight);
    this.#first = sight;
    this.state = 'plug';
  }

  /** What the page shows from `now` on, in ms. Says whether the update is to be started. */
  see(sight, now) {
    if (sight.stage === this.#stage) return false;
    this.#stage = sight.stage;
    switch (sight.stage) {
      case 'ready':
        if (this.#own) return this.#judge(sight);
        // Whoever connected it by hand starts it by hand.
        if (this.#release) return this.#ask('by-hand');
        this.#rest('first');
        return false;
      case 'details':
      case 'permission':
        if (this.#own) this.#ask(sight.stage);
        return false;
      case 'ended':
        this.#finish(sight, now);
        return false;
      case 'start':
        return false;
      case 'downloading':
        // What a person took to confirm it is not the unit's time.
        if (!this.#own) this.#begun = now;
      // falls through
      default:
        this.#begun ??= now;
        this.state = 'working';
        return false;
    }
  }

  /** A device was plugged in; `isInUpdateMode`: it is no application. Says whether it is to be connected. */
  plugged(now, isInUpdateMode = false) {
    if (now < this.#restarted && !isInUpdateMode) return false;
    return this.next(now);
  }

  /** The next device is there. Says whether it is to be connected. */
  next(now) {
    if (!this.#release || !WAITING.includes(this.state)) return false;
    this.#own = true;
    this.#begun = now;
    this.state = 'working';
    return true;
  }

  /** The device was unplugged. That one failed is to be seen until the next one is there. */
  unplugged(now) {
    if (now >= this.#restarted && WAITING.includes(this.state) && this.state !== 'failed') this.state = 'plug';
  }

  /** Someone has looked. */
  goOn() {
    this.#failures = 0;
    this.state = this.#release ? 'plug' : 'first';
  }

  /** How many ended how, failures by their codes; and the seconds that an updated one took on average. */
  tally() {
    const count = (units, by) => units.reduce((counts, unit) => ({ ...counts, [unit[by]]: (counts[unit[by]] ?? 0) + 1 }), {});
    const updated = this.units.filter(({ outcome }) => outcome === 'updated');
    return {
      ...{ updated: 0, failed: 0, 'up-to-date': 0, cancelled: 0, ...count(this.units, 'outcome') },
      codes: count(this.units.filter(({ code }) => code), 'code'),
      average: updated.length ? updated.reduce((sum, { seconds }) => sum + seconds, 0) / updated.length : 0,
    };
  }

  /** Whether the device at hand is as the one that was confirmed. */
  #judge(sight) {
    const { version, hash, hardwareVersion, softwareType } = this.#release;
    const isDone = (unit) =>
      unit?.outcome === 'updated' && unit.uniqueId && unit.uniqueId === sight.uniqueId && unit.version === sight.version;
    if (hardwareVersion !== sight.hardwareVersion || softwareType !== sight.softwareType) return this.#ask('other-product');
    if (version !== sight.version || hash !== sight.hash) return this.#ask('other-release');
    if (sight.older) return this.#ask('older');
    if (![this.#first, ...this.units].some(isDone)) return true;
    this.#rest('known');
    return false;
  }

  #finish(sight, now) {
    const { outcome, code, chip, uniqueId, serial, hardwareVersion, softwareType, version } = sight;
    const begun = this.#begun ?? now;
    const seconds = Math.round((now - begun) / 100) / 10;
    const unit = { started: new Date(begun).toISOString(), seconds, outcome, code, chip, uniqueId, serial };
    this.units.push({ ...unit, hardwareVersion, softwareType, version });
    this.#failures = outcome === 'failed' ? this.#failures + 1 : 0;
    if (sight.usb) this.#restarted = now + RESTART;
    if (outcome === 'updated') this.#release = releaseOf(sight);
    if (!this.#release) this.#rest('first');
    else if (outcome === 'cancelled') this.#ask('cancelled');
    // Nothing may be sent to it before it was reset, and nobody tells whether it is the same that is plugged in next.
    else if (code === 'needs-reset') this.#ask('reset');
    else if (this.#failures >= SUSPICIOUS) this.#ask('failures');
    else this.#rest({ updated: 'done', failed: 'failed' }[outcome] ?? 'current');
  }

  #ask(reason) {
    this.reason = reason;
    this.#rest('asks');
    return false;
  }

  #rest(state) {
    this.state = state;
    this.#begun = undefined;
    this.#own = false;
  }
}

const releaseOf = ({ version, hash, hardwareVersion, softwareType }) => ({ version, hash, hardwareVersion, softwareType });
