// A sketch's static page: the steps that no model has a part in are done here, all others are replayed from what was
// recorded. What visitors, authors and models wrote is only ever set as text. Needs dice.js, template.js and
// grammar.js.
(() => {
  'use strict';
  const { Dice } = swatchbookDice;
  const { parse } = swatchbookTemplate;
  const { fill } = swatchbookGrammar;
  const MAX_LINES = 20;
  const STRIP = /^[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;
  const UNWANTED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]/u;

  const piece = JSON.parse(document.getElementById('piece').textContent);
  const form = document.getElementById('ask');
  const told = document.getElementById('told');
  const result = document.getElementById('result');
  const made = document.getElementById('made');
  const recorded = document.getElementById('recorded');
  const asks = piece.steps.some((step) => step.by.some(({ model }) => model));
  const strip = (text) => text.replace(STRIP, '');

  // The visitor's form.
  const fields = (name) => [...form.elements].filter((field) => field.name === name);

  function written(number) {
    const [digits, power] = String(number).split('e');
    if (!power) return digits;
    return `${number < 0 ? '-' : ''}0.${'0'.repeat(-power - 1)}${digits.replace(/[-.]/g, '')}`;
  }

  function values() {
    return Object.fromEntries(Object.entries(piece.inputs).map(([name, kind]) => {
      const [field, ...others] = fields(name);
      if (kind === 'toggle') return [name, field.checked ? 'yes' : 'no'];
      if (field.type === 'radio') return [name, [field, ...others].find((each) => each.checked).value];
      return [name, kind === 'number' ? written(Number(field.value)) : field.value];
    }));
  }

  function write(given) {
    for (const name of Object.keys(piece.inputs)) {
      const value = given[name] ?? piece.usual[name];
      for (const field of fields(name)) {
        if (field.type === 'radio') field.checked = field.value === value;
        else if (field.type === 'checkbox') field.checked = value === 'yes';
        else field.value = value;
      }
    }
  }

  function fit() {
    for (const field of form.elements) {
      if (field.name) field.setCustomValidity(UNWANTED.test(field.value) ? 'This holds a character that is no text; take it out.' : '');
    }
    return form.reportValidity();
  }

  // What is performed.
  function perform(given, seed, record) {
    const cells = new Map();
    const remarks = [];
    for (const step of piece.steps) {
      if (step.live) cells.set(step.id, live(step, given, seed, cells, remarks));
      else cells.set(step.id, record ? record.cells.filter((cell) => cell.step === step.id) : unasked(step, given, seed, cells));
    }
    return { cells, remarks };
  }

  const textOf = (cells) => cells.map((cell) => cell.text ?? '').join('\n');

  function live(step, given, seed, cells, remarks) {
    const needs = step.uses.filter((name) => cells.has(name));
    const failed = needs.find((name) => cells.get(name).some((cell) => cell.error));
    if (failed) return [{ error: `"${failed}" failed, and this step needs it.` }];
    const seen = { ...given, ...Object.fromEntries(needs.map((name) => [name, textOf(cells.get(name))])) };
    if (Object.entries(step.when).some(([name, wanted]) => strip(seen[name]) !== strip(wanted))) return [{ skipped: true }];
    if (step.each) return lines(step, seen, seed, remarks);
    const rounds = [];
    for (let at = 0; at < step.repeat; at += 1) {
      const before = rounds.find((cell) => cell.error);
      const own = { ...seen, [step.id]: textOf(rounds) };
      rounds.push(before ? { at, error: `"${step.id}" failed in an earlier round, and this one needs it.` } : filled(step, own, seed, at));
    }
    return rounds;
  }

  function lines(step, seen, seed, remarks) {
    const all = seen[step.each].split(/\r\n|\r|\n/).map(strip).filter(Boolean);
    if (all.length > MAX_LINES) remarks.push(`"${step.id}" goes through the first ${MAX_LINES} of ${all.length} lines; the rest is left out.`);
    if (!all.length) return [{ skipped: true }];
    return all.slice(0, MAX_LINES).map((line, at) => filled(step, { ...seen, line }, seed, at));
  }

  function filled(step, seen, seed, at) {
    try {
      return { at, text: fill(parse(step.template), seen, piece.grammar, new Dice(seed, step.id, at)) };
    } catch (error) {
      return { at, error: error.message };
    }
  }

  // Without a record, a step that asks a model comes to its prompt, as far as that needs no model either.
  function unasked(step, given, seed, cells) {
    const known = step.uses.every((name) => !cells.has(name) || cells.get(name).every((cell) => cell.text !== undefined || cell.skipped));
    const made = known && !step.each ? live({ ...step, repeat: 1 }, given, seed, cells, []) : [{}];
    const empty = made.map(({ text, ...cell }) => (cell.skipped || cell.error ? cell : { ...cell, prompt: text, missing: true }));
    return step.by.length > 1 ? step.by.flatMap((_, column) => empty.map((cell) => ({ ...cell, column }))) : empty;
  }

  // What is shown.
  function node(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  const by = (step, cell) => step.by[step.by.length > 1 ? cell.column ?? 0 : 0];
  const words = (given) => Object.entries(given).map(([name, value]) => `${piece.asks[name] ?? name} ${short(value)}`).join(' · ');
  const short = (text) => (text.length > 60 ? `${[...text].slice(0, 60).join('')}…` : text || '(nothing)');

  function section(step, cells) {
    if (cells.every((cell) => cell.skipped || (cell.missing && !cell.prompt))) return [];
    const columns = [...new Set(cells.map((cell) => cell.column ?? null))];
    const cards = columns.map((column) => card(step, cells.filter((cell) => (cell.column ?? null) === column)));
    const title = piece.show.length > 1 ? [node('h2', { dir: 'auto' }, step.id.replaceAll('_', ' '))] : [];
    return [node('section', {}, ...title, node('div', { class: 'lanes', 'data-lanes': columns.length }, ...cards))];
  }

  function card(step, cells) {
    const author = by(step, cells[0]);
    const made = node('article', { class: author ? `lane c${author.colour}` : 'lane plain' });
    if (author && step.by.length > 1) made.append(node('p', { class: 'name' }, node('bdi', {}, author.name)));
    for (const cell of cells) made.append(...parts(step, cell));
    return made;
  }

  // What came of a cell; without a step, below its prompt, what it went on from is left out.
  function parts(step, cell) {
    const shown = [];
    if (cell.text) shown.push(node('p', { class: 'text', dir: 'auto' }, ...(step && cell.lead ? [node('span', { class: 'lead' }, cell.lead)] : []), cell.text));
    if (cell.error) shown.push(node('p', { class: 'failed', dir: 'auto' }, cell.error));
    if (cell.missing) shown.push(node('p', { class: 'nothing' }, cell.prompt ? 'No answer was recorded to this:' : 'No answer was recorded.'), ...asked(cell));
    if (cell.skipped) shown.push(node('p', { class: 'nothing' }, 'left out'));
    if (cell.split?.length) shown.push(split(cell.split));
    for (const tag of cell.tags ?? []) shown.push(node('span', { class: 'tag fail', title: piece.rules[tag] ?? '' }, tag));
    return shown;
  }

  const asked = (cell) => (cell.prompt ? [node('pre', { dir: 'auto', tabindex: '0' }, cell.prompt)] : []);

  function split(shares) {
    const { option: chosen } = shares.reduce((one, other) => (other.share > one.share ? other : one));
    const list = node('ul', { class: 'split', 'aria-label': 'How the model was divided' });
    for (const { option, share } of shares) {
      const row = node('li', option === chosen ? { class: 'chosen' } : {}, node('bdi', {}, option), node('span', {}, `${Math.round(100 * share)} %`));
      row.style.setProperty('--share', share);
      list.append(row);
    }
    return list;
  }

  function behind(step, cells) {
    const told = cells.map((cell) => {
      const author = by(step, cell);
      const figures = author?.model && !cell.missing && !cell.skipped ? [`${(cell.seconds ?? 0).toFixed(1)} s`, ...(cell.split ? [] : [`${cell.prompt_tokens ?? 0} tokens read`, `${cell.tokens ?? 0} written`, `seed ${cell.seed ?? 0}`])] : [];
      const places = [...((cell.column ?? null) === null ? [] : [`column ${cell.column + 1}`]), ...(step.repeat > 1 || step.each ? [`number ${(cell.at ?? 0) + 1}`] : [])];
      const who = author?.model ? `${author.model}${cell.mode === 'chat' ? ', as a turn of a chat' : ''}` : `words alone${step.live ? ', written here' : ''}`;
      const head = [`${places.join(', ')}${places.length ? ': ' : ''}${who}`, ...figures];
      const made = node('article', {}, node('p', { class: 'small', dir: 'auto' }, head.join(' · ')));
      made.append(...(cell.missing ? [] : asked(cell)), ...parts(null, cell));
      return made;
    });
    return node('section', {}, node('h3', {}, step.id), ...told);
  }

  // What happens.
  let current = { values: piece.usual, record: null, rolled: null };
  let last = null;

  const same = (record, given) => Object.keys(piece.inputs).filter((name) => (record.values[name] ?? piece.usual[name]) === given[name]).length;
  const exact = (given) => piece.records.filter((record) => same(record, given) === Object.keys(piece.inputs).length);

  function nearest(given) {
    const fits = exact(given);
    if (fits.length) return fits.includes(current.record) ? current.record : fits[0];
    const most = Math.max(...piece.records.map((record) => same(record, given)));
    return piece.records.find((record) => same(record, given) === most) ?? null;
  }

  function sentence({ record, values: given }, seed) {
    if (!asks) return `Written on this page, with the dice at ${seed}.`;
    if (!record) return 'This piece asks language models, which this page cannot do, and no answer was recorded; what needs no model is here.';
    const when = record.created ? ` on ${record.created}` : '';
    if (exact(given).includes(record)) return `This is what was recorded${when} for these words; the page itself asks no model.`;
    const other = Object.entries(given).filter(([name, value]) => record.values[name] !== value).map(([name]) => [name, record.values[name] ?? piece.usual[name]]);
    return `This page cannot ask a model. It shows an answer recorded${when} for other words: ${words(Object.fromEntries(other))}.`;
  }

  function show(next, moved = true) {
    current = next;
    const seed = next.rolled ?? next.record?.seed ?? piece.seed;
    last = perform(next.values, seed, next.record);
    const shown = piece.show.map((id) => piece.steps.find((step) => step.id === id));
    const sections = shown.flatMap((step) => section(step, last.cells.get(step.id)));
    result.replaceChildren(...(sections.length ? sections : [node('p', { class: 'nothing' }, 'Nothing came of these words; change some.')]));
    told.textContent = [sentence(next, seed), ...last.remarks].join(' ');
    for (const [at, button] of [...recorded.querySelectorAll('button')].entries()) button.setAttribute('aria-pressed', String(piece.records[at] === next.record));
    if (made.open) explain();
    if (moved && told.getBoundingClientRect().top > innerHeight * 0.75) told.scrollIntoView({ block: 'start' });
  }

  function explain() {
    document.getElementById('behind').replaceChildren(...(last ? piece.steps.map((step) => behind(step, last.cells.get(step.id))) : []));
  }

  function another() {
    if (!fit()) return;
    const given = values();
    const fits = exact(given);
    const record = fits.length ? fits[(fits.indexOf(current.record) + 1) % fits.length] : nearest(given);
    const rolls = piece.steps.some((step) => step.rolls);
    show({ values: given, record, rolled: rolls ? Math.floor(Math.random() * 2 ** 31) : null });
  }

  function replay(record) {
    write(record.values);
    show({ values: values(), record, rolled: null });
  }

  function list() {
    const items = piece.records.map((record, at) => {
      const button = node('button', { type: 'button', dir: 'auto' }, words(record.values) || `Recorded ${at + 1}`);
      button.addEventListener('click', () => replay(record));
      return node('li', {}, button);
    });
    recorded.querySelector('ul').replaceChildren(...items);
    recorded.hidden = !asks || !items.length;
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const given = values();
    if (fit()) show({ values: given, record: nearest(given), rolled: null });
  });
  form.addEventListener('input', () => { for (const field of form.elements) field.setCustomValidity?.(''); });
  document.getElementById('another').addEventListener('click', another);
  document.getElementById('another').hidden = !piece.steps.some((step) => step.rolls) && piece.records.length < 2;
  made.addEventListener('toggle', explain);

  list();
  form.hidden = made.hidden = false;
  const first = piece.records[0] ?? null;
  const ready = Object.entries(piece.inputs).every(([name, kind]) => !['text', 'long'].includes(kind) || piece.usual[name]);
  if (asks && first) { write(first.values); show({ values: values(), record: first, rolled: null }, false); }
  else {
    write(piece.usual);
    result.replaceChildren();
    if (ready) show({ values: values(), record: null, rolled: null }, false);
  }
})();
