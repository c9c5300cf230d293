// Templates, the grammar and dice in a browser: the twin of swatchbook/sketch/{template,grammar,dice}.py.
// The same template, values, grammar and seed give the same text in both. Needs nothing; defines swatchbookTemplate.
const swatchbookTemplate = (() => {
  'use strict';
  const MAX_NESTED = 8;
  const MAX_MODIFIERS = 8;
  const MAX_DEPTH = 60;
  const MAX_EXPANSIONS = 4000;
  const MAX_CHARACTERS = 20000;
  const MAX_WORK = 200000;
  const DRAW = 20;

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

  // Reading. Each pattern is tried at one place only, so each is sticky.
  class TemplateFault extends Error {
    constructor(text, at, said) {
      super(said);
      Object.assign(this, { at: [...text.slice(0, at)].length, said });
    }
  }

  const PLAIN = /[^\\{#[\],]+/y;
  const ESCAPED = /\\[\\#[\]{,]/y;
  const BRACES = /\{\{([^{}\n]*)\}\}/y;
  const REST_OF_LINE = /[ \t]*(?:\r?\n|(?![^]))/y;
  const WORD = /^[^ \t\r{}#/\\]+$/;
  const IF = /^#if[ \t]+([^ \t\r{}#/\\]+)$/;
  const SAVE = /\[([A-Za-z][A-Za-z0-9_]{0,31}):(POP\])?/y;
  const CALL = /([A-Za-z][A-Za-z0-9_]{0,31})((?:\.[A-Za-z]+(?:\([^()#\n]{0,80}\))?)*)#/yu;
  const MODIFIER = /\.([A-Za-z]+)(?:\(([^()#\n]*)\))?/g;
  const STRAY = {
    else: 'This {{else}} belongs to no {{#if name}}, which has one at most; take it out.',
    '/if': 'This {{/if}} closes no {{#if name}}; take it out.',
  };

  const match = (pattern, text, at) => { pattern.lastIndex = at; return pattern.exec(text); };
  const trimmed = (word) => word.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');
  const short = (word) => [...word].slice(0, 40).join('');

  class Reader {
    constructor(text) { Object.assign(this, { text, known: new Map(), nested: 0, branching: false }); }

    parts(at, stops) {
      const { text } = this;
      const parts = [];
      while (at < text.length) {
        if (stops.includes(text[at])) return [parts, text[at], at + 1];
        if (!text.startsWith('{{', at)) { at = this.take(at, parts); continue; }
        const [word, end] = this.braces(at);
        const ends = Object.hasOwn(STRAY, word);
        const [indent, after] = ends || IF.test(word) ? this.line(at, end) : [0, end];
        if (indent) trim(parts, indent);
        if (!ends) {
          const [part, next] = word.startsWith('#') ? this.branch(at, word, after) : [{ value: word, at }, end];
          parts.push(part);
          at = next;
        } else if (stops.includes(word) || stops.includes(']')) {
          return [parts, stops.includes(word) ? word : '', after];
        } else throw new TemplateFault(text, at, STRAY[word]);
      }
      return [parts, '', at];
    }

    take(at, parts) {
      const { text } = this;
      let found = null;
      if (text[at] === '#') found = this.tag(at);
      else if (text[at] === '[' && match(SAVE, text, at)) found = this.save(at);
      if (found) { parts.push(found[0]); return found[1]; }
      const from = match(ESCAPED, text, at) ? at + 1 : at;
      const end = match(PLAIN, text, from) ? PLAIN.lastIndex : from + 1;
      const last = parts.at(-1);
      if (last && 'said' in last) last.said += text.slice(from, end);
      else parts.push({ said: text.slice(from, end) });
      return end;
    }

    braces(at) {
      const braces = match(BRACES, this.text, at);
      if (!braces) throw new TemplateFault(this.text, at, 'After "{{" must come a name and "}}", as in {{name}}; write \\{{ for the braces.');
      const word = trimmed(braces[1]);
      if (!Object.hasOwn(STRAY, word) && !WORD.test(word) && !IF.test(word)) {
        throw new TemplateFault(this.text, at, `{{${short(word)}}} means nothing here; what may stand in braces is name, #if name, else and /if.`);
      }
      return [word, BRACES.lastIndex];
    }

    line(at, end) {
      const start = this.text.slice(0, at).lastIndexOf('\n') + 1;
      const alone = /^[ \t]*$/.test(this.text.slice(start, at)) && match(REST_OF_LINE, this.text, end);
      return alone ? [at - start, REST_OF_LINE.lastIndex] : [0, end];
    }

    branch(at, word, after) {
      const name = trimmed(word.slice(3));
      if (this.branching) throw new TemplateFault(this.text, at, `{{#if ${short(name)}}} stands inside another; close that one first with {{/if}}.`);
      this.branching = true;
      let [held, stop, next] = this.parts(after, ['else', '/if']);
      let other = [];
      if (stop === 'else') [other, stop, next] = this.parts(next, ['/if']);
      if (!stop) throw new TemplateFault(this.text, at, `{{#if ${short(name)}}} is never closed; write {{/if}} where it ends.`);
      this.branching = false;
      return [{ name, at, held, other }, next];
    }

    tag(at) {
      const saves = [];
      let after = at + 1;
      while (this.text[after] === '[') {
        const found = this.save(after);
        if (!found) return null;
        saves.push(found[0]);
        after = found[1];
      }
      const call = match(CALL, this.text, after);
      if (!call) return null;
      const modifiers = [...call[2].matchAll(MODIFIER)].map((each) => [each[1], ...(each[2] ? each[2].split(',') : [])]);
      if (modifiers.length > MAX_MODIFIERS) {
        const many = modifiers.length.toLocaleString('en');
        throw new TemplateFault(this.text, at, `#${call[1]}# has ${many} modifiers, and ${MAX_MODIFIERS} is the most; take some out.`);
      }
      return [{ symbol: call[1], at, saves, modifiers }, CALL.lastIndex];
    }

    save(at) {
      if (!this.known.has(at)) {
        this.nested += 1;
        if (this.nested > MAX_NESTED) throw new TemplateFault(this.text, at, `More than ${MAX_NESTED} brackets stand inside each other; close some, or write \\[.`);
        this.known.set(at, this.bracket(at));
        this.nested -= 1;
      }
      return this.known.get(at);
    }

    bracket(at) {
      const head = match(SAVE, this.text, at);
      if (head?.[2]) return [{ saved: head[1], at, rules: [] }, SAVE.lastIndex];
      let [rule, stop, after] = [null, ',', head ? SAVE.lastIndex : at + 1];
      const rules = [];
      while (stop === ',') {
        [rule, stop, after] = this.parts(after, head ? [',', ']'] : [']']);
        rules.push(rule);
      }
      const whole = head || (rules[0].length === 1 && 'symbol' in rules[0][0]);
      return stop && whole ? [{ saved: head ? head[1] : '', at, rules }, after] : null;
    }
  }

  function trim(parts, count) {
    const last = parts.at(-1);
    last.said = last.said.slice(0, -count);
    if (!last.said) parts.pop();
  }

  const read = new Map();
  function parse(text) {
    if (!read.has(text)) {
      if (read.size > 500) read.clear();
      read.set(text, new Reader(text).parts(0, [])[0]);
    }
    return read.get(text);
  }

  // Filling in.
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

  return { parse, fill, holds, modified, Dice, seedOf, TemplateFault, Endless };
})();
