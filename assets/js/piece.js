// A piece: the visitor's form, what came of it, and how it was made. Beside the pad it shows what the pad's text is; on
// a page of its own it knows no text and sends only what the visitor wrote.
const place = (name) => element.querySelector(`.${name}`);
const results = place('results');
const spoken = element.querySelector('p.sr');
const BEGINS = 8_000; // milliseconds within which a run that need not wait shows something
const GOES = 20_000; // milliseconds without a word after which a run that goes is given up
let seed = null;
let sown = null; // the sketch's own seed
let number = 0;
let run = 0; // the page's last run
let running = false;
let settling = false; // edits are awaited before a run begins
let stopped = false; // by the visitor; what is still on its way does not begin it anew
let heard = 0;
let answered = false;
let wrong = false;
let overtaken = false; // the text was edited while a run went on
let begun = ''; // what the last run was begun with
let kept = {};
let touched = new Set(); // the inputs that somebody has written into
let asked = ''; // the visitor's form, without what is in its fields

function values() {
  const form = place('asks').querySelector('form');
  return form ? written(form) : kept;
}

function written(form) {
  const found = {};
  for (const field of form.querySelectorAll('[name]')) {
    if (field.type === 'radio') { if (field.checked) found[field.name] = field.value; }
    else found[field.name] = field.type === 'checkbox' ? (field.checked ? 'yes' : 'no') : field.value;
  }
  return found;
}

const standing = () => JSON.stringify([swatchbook.pad?.text(), values(), seed]);

function card(key) {
  const node = document.createElement('article');
  node.className = 'card';
  node.dataset.key = key;
  node.append(...['header', 'div', 'div'].map((name) => document.createElement(name)));
  node.children[1].className = 'text';
  node.children[2].className = 'foot';
  return node;
}

function rows(parent, wanted, keyOf, make) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  wanted.forEach((each, order) => {
    const node = known.get(keyOf(each)) ?? make(keyOf(each));
    known.delete(keyOf(each));
    if (parent.children[order] !== node) parent.insertBefore(node, parent.children[order] ?? null);
  });
  for (const node of known.values()) node.remove();
}

function section(key) {
  const node = document.createElement('section');
  node.dataset.key = key;
  node.append(document.createElement('h3'), document.createElement('div'));
  node.children[1].className = 'cards';
  return node;
}

function fill(first) {
  for (const field of place('asks').querySelectorAll('[name]')) {
    if (touched.has(field.name)) continue;
    const value = first[field.name];
    if (field.type === 'radio') field.checked = field.value === value;
    else if (field.type === 'checkbox') field.checked = value === 'yes';
    else if (field.value !== value) field.value = value ?? '';
  }
}

// The visitor's form is drawn anew only where it asks for something else: what was written into its fields is the page's
// own, and the others follow what the sketch fills in at first.
function drawForm(html) {
  const form = document.createElement('template');
  form.innerHTML = html;
  const first = written(form.content);
  for (const field of form.content.querySelectorAll('[name]')) {
    field.removeAttribute('checked');
    if (field.type === 'textarea') field.textContent = '';
    else if (!['radio', 'checkbox'].includes(field.type)) field.removeAttribute('value');
  }
  if (form.innerHTML === asked) { fill(first); return; }
  asked = form.innerHTML;
  kept = values();
  swatchbook.put(place('asks'), html);
}

// Other dice belong to the seed that they were thrown for.
function sow(own) {
  if (own === sown) return;
  const stale = seed !== null;
  sown = own;
  seed = null;
  if (stale) swatchbook.pad?.look();
}

function drawFront(html) {
  swatchbook.put(place('front'), html);
  const title = place('front').querySelector('.piece-title');
  if (title && element.closest('#visit')) document.title = title.textContent;
}

function draw(value) {
  if (!value) return;
  if (value.front !== undefined) drawFront(value.front);
  if (value.form !== undefined) drawForm(value.form);
  if (value.seed !== undefined) sow(value.seed);
  if (value.steps) {
    rows(results, value.steps, (each) => each.id, section);
    value.steps.forEach((each, at) => {
      const node = results.children[at];
      swatchbook.put(node.children[0], each.title);
      node.children[0].hidden = !each.title;
      const cards = node.children[1];
      cards.style.setProperty('--columns', Math.max(each.cards.length, 1));
      rows(cards, each.cards, (one) => one.key, card);
      each.cards.forEach((one, order) => {
        const shown = cards.children[order];
        shown.style.setProperty('--c', one.colour || 'var(--line)');
        swatchbook.put(shown.children[0], one.head);
        rows(shown.children[1], one.texts.map((words, n) => ({ words, n })), (each) => String(each.n), (key) => {
          const part = document.createElement('p');
          part.dataset.key = key;
          part.append(document.createElement('span'), document.createElement('span'));
          part.children[0].className = 'lead';
          return part;
        });
        one.texts.forEach((words, n) => {
          const part = shown.children[1].children[n];
          swatchbook.put(part.children[0], one.leads[n]);
          swatchbook.put(part.children[1], words);
        });
        swatchbook.put(shown.children[2], one.foot);
      });
    });
  }
  if (value.behind !== undefined) swatchbook.put(place('behind-place'), value.behind);
  if (value.made !== undefined) swatchbook.put(place('made-place'), value.made);
  if (value.told !== undefined) swatchbook.put(place('told'), value.told);
  if (value.running !== undefined) state(value.running && !stopped);
  if (value.status !== undefined && spoken.textContent !== value.status) spoken.textContent = value.status;
}

// What the page itself says of the piece, in the place of what the server told.
function tell(words, name) {
  if (place('told').textContent === words) return;
  const said = document.createElement('p');
  said.className = name;
  said.textContent = words;
  place('told').replaceChildren(said);
  place('told').shown = null;
}

// Whoever stopped a run, or waited to, is at Run when it has ended.
function state(on) {
  const here = !on && document.activeElement?.matches('.halt') && element.contains(document.activeElement);
  running = on;
  element.classList.toggle('going', on);
  buttons();
  if (here) place('asks').querySelector('[type=submit]').focus({ preventScroll: true });
}

function buttons() {
  const off = String(running || settling || wrong);
  for (const button of place('asks').querySelectorAll('[type=submit], [data-act=another]')) button.setAttribute('aria-disabled', off);
}

// A run begins with all that was edited before it was asked for.
async function play(dice = seed) {
  if (running || settling || wrong) return;
  settling = true;
  buttons();
  await swatchbook.pad?.settled();
  settling = false;
  buttons();
  if (running || wrong) return;
  seed = dice;
  run += 1;
  heard = Date.now();
  answered = stopped = false;
  begun = standing();
  state(true);
  trigger('submit', { values: values(), seed, run, ...swatchbook.pad?.standing() });
}

// What a run shows belongs to the text it was begun with: an edit meanwhile shows anew what is still true.
function ended() {
  state(false);
  if (!overtaken) return;
  overtaken = false;
  if (standing() !== begun) swatchbook.pad.look();
}

function halt() {
  stopped = true;
  trigger('input', { run });
  ended();
}

// A run that nobody answers for is given up; one that waits for its turn is not. Only Gradio's own sign, which is not
// shown, knows whether one waits or could not be joined.
setInterval(() => {
  const quiet = Date.now() - heard;
  if (!running || quiet < 1_000) return;
  const sign = element.closest('.block')?.querySelector('[data-testid=status-tracker]');
  if (!answered && sign?.textContent.includes('queue')) {
    heard = Date.now() - 1_000;
    tell('Waiting: other runs go first.', 'small');
  } else if (sign?.querySelector('.error') || quiet > (answered ? GOES : BEGINS)) {
    ended();
    tell('The server does not answer; try again.', 'failed');
  }
}, 500);

element.addEventListener('submit', (event) => {
  event.preventDefault();
  play();
});
element.addEventListener('click', (event) => {
  const fold = event.target.closest('summary')?.parentElement;
  if (fold && !fold.open) requestAnimationFrame(() => reveal(fold));
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const act = button.dataset.act;
  if (act === 'another') play(Math.floor(Math.random() * 2 ** 31));
  else if (act === 'halt') halt();
  else trigger('click', { ...button.dataset });
});

// Beside the pad the piece has a frame that scrolls: what was opened is brought into what can be seen of it, whole or
// from its beginning.
function reveal(fold) {
  const frame = element.querySelector('.piece');
  if (frame.scrollHeight <= frame.clientHeight) return;
  const [seen, own] = [frame, fold].map((each) => each.getBoundingClientRect());
  const above = Math.max(seen.top, 0) + parseFloat(getComputedStyle(frame).scrollPaddingTop);
  frame.scrollTop += Math.max(0, Math.min(own.top - above, own.bottom - Math.min(seen.bottom, innerHeight)));
}

// Beside the pad, what a visitor would change is shown at once where no model has to be asked.
element.addEventListener('input', (event) => {
  if (!event.target.closest('form[data-form=play]')) return;
  touched.add(event.target.name);
  swatchbook.pad?.look();
});

watch('value', () => {
  const value = props.value;
  if (!value || value.number < number) return;
  number = value.number;
  heard = Date.now();
  answered = true;
  draw(value);
  buttons();
  if (!running && overtaken) ended();
});

swatchbook.piece = {
  play,
  // What a run came to says more than what is known without one, as long as nothing has changed since.
  show: ({ front, form, seed: own, ...known }) => {
    if (running) overtaken = true;
    else draw(standing() === begun ? { front, form, seed: own } : { front, form, seed: own, ...known });
    buttons();
  },
  asked: () => ({ values: Object.fromEntries(Object.entries(values()).filter(([name]) => touched.has(name))), seed }),
  forget: (given) => { seed = null; begun = ''; kept = given ?? {}; touched = new Set(Object.keys(kept)); asked = ''; place('asks').replaceChildren(); place('asks').shown = ''; results.replaceChildren(); },
  wrong: (fault) => { wrong = Boolean(fault); if (running) overtaken = true; else if (wrong) tell(fault, 'failed'); buttons(); },
};
draw(props.value);
buttons();
