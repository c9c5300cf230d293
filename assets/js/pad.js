// The pad: one text, shown as a form or as itself. Whatever is edited becomes a new text; the server reads it and says
// what it is, what is wrong with it, and what comes of it.
const find = (name) => element.querySelector(name);
const area = find('textarea.source');
const layer = find('.layer');
const form = find('.form-view');
const faults = find('.faults');
const said = find('.pad-said');
const KEY = 'swatchbook-sketch';
const WAIT = 40; // milliseconds of rest after which what is typed into a field of the form is an edit
let text = '';
let past = [];
let future = [];
let asked = 0;
let shown = 0;
let marked = new Map();
let wrongs = []; // the faults that are listed
let edits = Promise.resolve();
let opened = 0;
let mine = ''; // the key of the field that was edited last: what one typed there stays as it was typed
let busy = 0; // edits that are on their way

const escape = (words) => words.replace(/[&<>]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[letter]);
const TOKENS = /(\{\{[^{}\n]*\}\})|(#[A-Za-z\[][^#\s]*#)|^(\s*(?:- )?)([A-Za-z_][\w]*:)(?=\s|$)|((?:^|\s)#(?:\s.*)?$)/g;

function line(words, number) {
  let at = 0;
  let html = '';
  for (const match of words.matchAll(TOKENS)) {
    html += escape(words.slice(at, match.index));
    const [whole, value, tag, lead, key, comment] = match;
    if (key) html += `${lead}<b>${escape(key)}</b>`;
    else html += `<span class="${value ? 'value' : tag ? 'symbol' : 'comment'}">${escape(value ?? tag ?? comment)}</span>`;
    at = match.index + whole.length;
  }
  const fault = marked.get(number);
  return `<div class="line${fault ? ' faulty' : ''}"${fault ? ` title="${escape(fault).replace(/"/g, '&quot;')}"` : ''}>${html + escape(words.slice(at))}\n</div>`;
}

function paint() {
  layer.innerHTML = text.split('\n').map((words, at) => line(words, at + 1)).join('');
}

function buttons() {
  find('[data-do=undo]').disabled = past.length === 0;
  find('[data-do=redo]').disabled = future.length === 0;
}

// A new text. What was typed letter by letter in one place, with no rest of two seconds, is undone together.
let typed = 0;
let typing = '';
function change(next, where = '', found = null, now = Date.now()) {
  if (next === text) return;
  if (!(where && where === typing && now - typed < 2000 && past.length)) past.push(standing());
  [typing, typed] = [where, now];
  if (past.length > 200) past.shift();
  future = [];
  set(next, found);
}

function set(next, found = null) {
  text = next;
  if (area.value !== text) {
    const at = Math.min(area.selectionStart, text.length);
    area.value = text;
    if (document.activeElement === area) area.setSelectionRange(at, at);
  }
  paint();
  buttons();
  remember();
  document.dispatchEvent(new CustomEvent('swatchbook:sketch'));
  if (found) answered(++asked, found);
  else look();
}

// What the texts came of, by its number on the server: its name in an address, its text as it was opened or kept, its
// frozen results that are not kept, and whether anything of it was the visitor's own. The number goes along with all
// that is sent, and an answer is for its number.
let of = 0;
const origins = new Map();
const UNKNOWN = { name: '', clean: null, frozen: '', own: false };
function know(number, more) { origins.set(number, { ...UNKNOWN, ...origins.get(number), ...more }); }
know(of);
const standing = () => ({ text, of });

// The browser keeps the draft as one value: for this tab, and for the next one that is opened once something of it is
// the visitor's own, so that a sketch one only looks at takes the place of no draft. What has no room beside the text
// is left out.
const FULL = 'This browser has no room for all of your draft; press Keep.';
function store(place, whole) {
  try {
    window[place].setItem(KEY, JSON.stringify(whole));
    return true;
  } catch {
    if (whole.frozen) store(place, { ...whole, frozen: '' });
    return false;
  }
}
function remember() {
  const { name, clean, frozen, own } = origins.get(of);
  const whole = { text, name, changed: text !== clean, frozen };
  const worth = own || whole.changed || frozen !== '';
  know(of, { own: worth });
  const held = (worth ? ['sessionStorage', 'localStorage'] : ['sessionStorage']).map((place) => store(place, whole));
  if ((frozen || whole.changed) && held.includes(false)) say(FULL);
  else if (said.textContent === FULL) say('');
}
function draft() {
  const none = { text: '', name: '', changed: false, frozen: '' };
  let text = '';
  try {
    text = sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY) ?? '';
    return { ...none, ...JSON.parse(text) };
  } catch { return { ...none, text }; } // there is none, or it is a bare text
}
function learn(number, more) {
  know(number, more);
  if (text && number === of) remember();
}
// The server is told of what a draft came of: its name, unless the address said it, and what was frozen.
function give(number, { text, name, frozen }) {
  know(number, { name, frozen });
  trigger('input', { of: number, text, name: number ? '' : name, frozen, own: swatchbook.kept(), ...visitor() });
}
// Names in the address that say which sketch is shown.
function named() {
  const params = new URLSearchParams(location.search);
  return ['sketch', 'record', 'example', 'packed'].filter((name) => params.has(name) && (name !== 'packed' || params.get(name).includes('.sketch.')));
}

function step(from, to) {
  if (!from.length) return;
  mine = '';
  to.push(standing());
  typing = '';
  const next = from.pop();
  const other = next.of !== of;
  of = next.of;
  say('');
  if (other) swatchbook.remember(named(), '');
  set(next.text);
  if (other) trigger('input', { ...standing(), ...visitor() });
}

// What the text is now, from the server; an answer that a later text has overtaken is dropped.
let waiting = null;
function look() {
  clearTimeout(waiting);
  waiting = setTimeout(async () => {
    const number = ++asked;
    answered(number, await server.look({ text, ...visitor() }).catch(() => null));
  }, 30);
}

function answered(number, found) {
  if (number < shown) return;
  shown = number;
  if (found) show(found);
  else say('The server does not answer; your text is safe in this browser. Try again in a moment.');
}
const visitor = () => swatchbook.piece?.asked() ?? {};

function show(found) {
  marked = new Map(found.faults.filter((fault) => fault.line).map((fault) => [fault.line, fault.said]));
  paint();
  list(found.faults);
  element.classList.toggle('wrong', found.faults.length > 0);
  if (found.form !== null && !busy && !pending.size) drawForm(found.form); // what is being typed stays; more follows
  form.classList.toggle('stale', found.form === null);
  if (found.piece) swatchbook.piece?.show(found.piece);
  remark();
  wrong();
}

// Where a fault is: in the form as that calls the place, in the text by its line.
const place = ({ line: number, where }) => (where && !element.classList.contains('as-text') ? where : number ? `Line ${number}` : '');
function wrong() {
  const [fault] = wrongs;
  swatchbook.piece?.wrong(fault ? [place(fault), fault.said].filter(Boolean).join(': ') : '');
}

// The field of the form in which a fault lies, or the one around its place.
function fieldOf(key) {
  for (let parts = (key ?? '').split('/'); parts.length; parts.pop()) {
    const field = form.querySelector(`:is(input, textarea, select)[data-key="${CSS.escape(parts.join('/'))}"]`);
    if (field) return field;
  }
  return null;
}

// The list is read out whenever it changes, so it changes only with its words.
function list(found) {
  const words = ({ line, where, said }) => `${line} ${where} ${said}`;
  const same = found.map(words).join('\n') === wrongs.map(words).join('\n');
  wrongs = found;
  if (!same) faults.replaceChildren(...found.map(faultItem));
}

function faultItem(fault, at) {
  const item = document.createElement('li');
  if (place(fault)) {
    const go = document.createElement('button');
    go.type = 'button';
    go.className = 'link';
    go.textContent = `${place(fault)}:`;
    go.addEventListener('click', () => goTo(wrongs[at]));
    item.append(go, ' ');
  }
  item.append(fault.said);
  return item;
}

// In the form, to the field; in the text, and where the form has none for it, to the line.
function goTo({ line: number, column, key }) {
  const field = element.classList.contains('as-text') ? null : fieldOf(key);
  if (field) {
    field.closest('details')?.setAttribute('open', '');
    field.focus({ preventScroll: true });
    field.scrollIntoView({ block: 'center' });
    return;
  }
  view('text');
  const at = text.split('\n').slice(0, number - 1).reduce((sum, words) => sum + words.length + 1, 0) + Math.max(column - 1, 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(at, at);
  layer.children[number - 1]?.scrollIntoView({ block: 'center' });
}

const say = (words) => { if (said.textContent !== words) said.textContent = words; };

// The text itself.
area.addEventListener('input', () => change(area.value, 'source'));
area.addEventListener('keydown', (event) => {
  const control = event.ctrlKey || event.metaKey;
  if (event.key !== 'Enter' || control || event.shiftKey || event.isComposing) return;
  const before = area.value.slice(0, area.selectionStart).split('\n').pop();
  const indent = before.match(/^\s*/)[0];
  if (!indent) return;
  event.preventDefault();
  area.setRangeText('\n' + indent, area.selectionStart, area.selectionEnd, 'end');
  change(area.value, 'source');
});
element.addEventListener('keydown', (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === 'z' && !event.shiftKey) { event.preventDefault(); step(past, future); }
  else if (key === 'y' || (key === 'z' && event.shiftKey)) { event.preventDefault(); step(future, past); }
});

function view(name) {
  element.classList.toggle('as-text', name === 'text');
  for (const button of element.querySelectorAll('[data-view]')) button.setAttribute('aria-pressed', String(button.dataset.view === name));
  if (wrongs.length) {
    faults.replaceChildren(...wrongs.map(faultItem));
    wrong();
  }
  try { localStorage.setItem('swatchbook-pad-view', name); } catch { /* the view is only a habit */ }
}

// The place for files lies folded below.
function file() {
  const fold = document.querySelector('#open-sketch');
  const head = fold.querySelector('button');
  if (!head.classList.contains('open')) head.click();
  fold.scrollIntoView({ block: 'center' });
  head.focus({ preventScroll: true });
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-do], [data-view]');
  if (!button) return;
  if (button.dataset.view) view(button.dataset.view);
  else if (button.dataset.do === 'undo') step(past, future);
  else if (button.dataset.do === 'redo') step(future, past);
  else if (button.dataset.do === 'try') document.querySelector('#preview').scrollIntoView();
  else if (button.dataset.do === 'file') file();
  else trigger('click', { act: 'open', example: '' });
});
