// Templates in a browser: the twin of swatchbook/sketch/template.py, which reads the same parts in them. Needs nothing.
const swatchbookTemplate = (() => {
  'use strict';
  const MAX_NESTED = 8;
  const MAX_MODIFIERS = 8;

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

  return { parse, TemplateFault };
})();
