// Filling in, in a browser: the twin of swatchbook/sketch/grammar.py, which makes the same text of the same template,
// values, grammar and dice. Needs template.js.
const swatchbookGrammar = (() => {
  'use strict';
  const { parse } = swatchbookTemplate;
  const MAX_DEPTH = 60;
  const MAX_EXPANSIONS = 4000;
  const MAX_CHARACTERS = 20000;
  const MAX_WORK = 200000;
  const DRAW = 20;

  class Endless extends Error {}

  const BLANK = /^[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*$/;
  const holds = (value) => value !== 'no' && !BLANK.test(value);
  const own = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined);

  class Filling {
    constructor(values, grammar, dice) {
      Object.assign(this, { values, grammar, dice, saved: new Map(), former: new Map(), depth: 0, drawn: 0, characters: 0, worked: 0, symbol: '' });
    }

    text(template) { return template.map((part) => this.part(part)).join(''); }

    part(part) {
      if ('said' in part) return this.counted(part.said);
      if ('value' in part) return this.counted(own(this.values, part.value) ?? '');
      if ('held' in part) return this.text(holds(own(this.values, part.name) ?? '') ? part.held : part.other);
      return 'saved' in part ? this.save(part) : this.tag(part);
    }

    tag({ symbol, saves, modifiers }) {
      this.deeper(symbol);
      for (const save of saves) this.save(save);
      let text = this.draw(symbol);
      for (const [name, ...given] of modifiers) {
        const length = [...text].length;
        this.spend(length);
        text = modified(text, name, ...given);
        this.count([...text].length - length);
      }
      for (const { saved, rules } of [...saves].reverse()) {
        const meanings = this.saved.get(saved);
        if (rules.length && meanings?.length) this.former.set(saved, meanings.pop());
      }
      this.depth -= 1;
      return text;
    }

    draw(symbol) {
      const meaning = this.saved.get(symbol)?.at(-1);
      if (meaning) return this.counted(meaning[this.dice.choose(meaning.length)]);
      const rules = own(this.grammar, symbol);
      if (rules?.length) {
        const rule = rules[this.dice.choose(rules.length)];
        this.spend([...rule].length);
        return this.text(parse(rule));
      }
      const former = this.former.get(symbol);
      if (former) return this.counted(former[this.dice.choose(former.length)]);
      return this.counted(`((${symbol}))`);
    }

    save({ saved, rules }) {
      this.deeper(saved);
      const texts = rules.map((rule) => this.text(rule));
      if (texts.length && saved) {
        if (!this.saved.has(saved)) this.saved.set(saved, []);
        this.saved.get(saved).push(texts);
      } else if (saved) {
        this.former.delete(saved);
        this.saved.get(saved)?.pop();
      }
      this.depth -= 1;
      return '';
    }

    deeper(symbol) {
      this.symbol = symbol || this.symbol;
      this.depth += 1;
      this.drawn += 1;
      if (this.depth > MAX_DEPTH || this.drawn > MAX_EXPANSIONS) {
        throw new Endless(`The grammar goes on for too long at #${this.symbol}#; give ${this.symbol} a rule that ends.`);
      }
      this.spend(DRAW);
    }

    spend(cost) {
      this.worked += cost;
      if (this.worked > MAX_WORK) {
        throw new Endless(`While this is filled in, more than 200,000 characters are gone over at #${this.symbol}#; draw less there, or let it be shorter.`);
      }
    }

    counted(text) {
      this.count([...text].length);
      return text;
    }

    count(characters) {
      this.characters += Math.max(0, characters);
      if (this.characters > MAX_CHARACTERS) {
        const at = this.symbol ? ` at #${this.symbol}#` : '';
        throw new Endless(`The text comes to more than 20,000 characters${at}; let it be shorter.`);
      }
    }
  }

  const fill = (template, values, grammar, dice) => new Filling(values, grammar, dice).text(template);

  // Modifiers.
  const YOUNG = /[\u019b\u0264\u1c8a\ua7cb-\ua7dd\u{10d50}-\u{10d8f}\u{16ea0}-\u{16edf}]/u;
  const upper = (letter) => (YOUNG.test(letter) ? letter : letter.toUpperCase());
  const WORDS = /[0-9A-Za-z\x80-\u{10ffff}][0-9A-Za-z\x80-\u{10ffff}']*/gu;
  const isVowel = (letter) => letter !== '' && 'aeiouAEIOU'.includes(letter);
  const afterConsonant = (text) => text.endsWith('y') && !isVowel(text.slice(-2, -1));
  const plural = (text) => (afterConsonant(text) ? `${text.slice(0, -1)}ies` : text + (/[shx]$/.test(text) ? 'es' : 's'));

  const MODIFIERS = {
    capitalize: (text) => { const [first = '', ...rest] = text; return upper(first) + rest.join(''); },
    capitalizeAll: (text) => text.replace(WORDS, (word) => MODIFIERS.capitalize(word)),
    a: (text) => {
      const [first = '', , third = ''] = text;
      return isVowel(first) && !(/[uU]/.test(first) && /[iI]/.test(third)) ? `an ${text}` : `a ${text}`;
    },
    s: plural,
    firstS: (text) => { const [first, ...rest] = text.split(' '); return [plural(first), ...rest].join(' '); },
    ed: (text) => (afterConsonant(text) ? `${text.slice(0, -1)}ied` : text + (text.endsWith('e') ? 'd' : 'ed')),
    comma: (text) => (/[,.?!]$/.test(text) ? text : `${text},`),
    inQuotes: (text) => `"${text}"`,
    replace: (text, old = '', fresh = '') => (old ? text.split(old).join(fresh) : text),
  };

  const modified = (text, name, ...given) => (Object.hasOwn(MODIFIERS, name) ? MODIFIERS[name](text, ...given) : `${text}((.${name}))`);

  return { fill, holds, modified, Endless };
})();
