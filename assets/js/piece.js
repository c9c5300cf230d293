// A piece: the visitor's form, what came of it, and how it was made. Beside the pad it shows what the pad's text is; on
// a page of its own it knows no text and sends only what the visitor wrote.
const place = (name) => element.querySelector(`.${name}`);
const results = place('results');
const spoken = element.querySelector('p.sr');
let seed = null;
let number = 0;
let running = false;
let wrong = false;
let overtaken = false; // the text was edited while a run went on
let kept = {};

function values() {
  const form = place('asks').querySelector('form');
  if (!form) return kept;
  const found = {};
  for (const field of form.querySelectorAll('[name]')) {
    if (field.type === 'radio') { if (field.checked) found[field.name] = field.value; }
    else found[field.name] = field.type === 'checkbox' ? (field.checked ? 'yes' : 'no') : field.value;
  }
  return found;
}

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

function draw(value) {
  if (!value) return;
  if (value.front !== undefined) swatchbook.put(place('front'), value.front);
  if (value.form !== undefined) { kept = values(); swatchbook.put(place('asks'), value.form); }
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
  if (value.running !== undefined) state(value.running);
  if (value.status !== undefined && spoken.textContent !== value.status) spoken.textContent = value.status;
}

// Why nothing can be run now: the list of faults may be out of sight.
function alarm(fault) {
  const said = document.createElement('p');
  said.className = 'failed';
  said.textContent = fault;
  place('told').replaceChildren(said);
  place('told').shown = null;
}

function state(on) {
  running = on;
  element.classList.toggle('going', on);
  buttons();
}

function buttons() {
  for (const button of place('asks').querySelectorAll('[type=submit], [data-act=another]')) button.disabled = running || wrong;
}

function play() {
  if (running || wrong) return;
  state(true);
  trigger('submit', { values: values(), seed, ...(swatchbook.pad ? { text: swatchbook.pad.text() } : {}) });
}

element.addEventListener('submit', (event) => {
  event.preventDefault();
  play();
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act]');
  if (!button) return;
  const act = button.dataset.act;
  if (act === 'another') {
    seed = Math.floor(Math.random() * 2 ** 31);
    play();
  } else if (act === 'halt') trigger('input', {});
  else trigger('click', { ...button.dataset });
});
// Beside the pad, what a visitor would change is shown at once where no model has to be asked.
element.addEventListener('input', (event) => {
  if (event.target.closest('form[data-form=play]')) swatchbook.pad?.look();
});

// What a run shows belongs to the text it was begun with: an edit meanwhile shows anew what is still true.
watch('value', () => {
  const value = props.value;
  if (!value || value.number < number) return;
  number = value.number;
  draw(value);
  buttons();
  if (running || !overtaken) return;
  overtaken = false;
  swatchbook.pad.look();
});

swatchbook.piece = {
  play,
  show: (value) => { if (running) overtaken = true; else draw(value); buttons(); },
  asked: () => ({ values: values(), seed }),
  forget: (given) => { seed = null; kept = given ?? {}; place('asks').replaceChildren(); place('asks').shown = ''; results.replaceChildren(); },
  wrong: (fault) => { wrong = Boolean(fault); if (running) overtaken = true; else if (wrong) alarm(fault); buttons(); },
};
draw(props.value);
buttons();
