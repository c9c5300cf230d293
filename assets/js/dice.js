// Dice in a browser: the twin of swatchbook/sketch/dice.py, which throws the same for the same seed. Needs nothing.
const swatchbookDice = (() => {
  'use strict';

  // Dice: FNV-1a over UTF-16 units, low byte first, feeding mulberry32.
  class Dice {
    constructor(...seed) { this.state = hash(seed.join('\x1f')); }

    number32() {
      this.state = (this.state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return (mixed ^ (mixed >>> 14)) >>> 0;
    }

    choose(count) { return Math.floor((this.number32() * count) / 2 ** 32); }
  }

  function hash(text) {
    let value = 0x811c9dc5;
    for (let at = 0; at < text.length; at += 1) {
      const unit = text.charCodeAt(at);
      for (const byte of [unit & 255, unit >> 8]) value = Math.imul(value ^ byte, 0x01000193);
    }
    return value;
  }

  const seedOf = (...parts) => new Dice(...parts).number32() >>> 1;

  return { Dice, seedOf };
})();
