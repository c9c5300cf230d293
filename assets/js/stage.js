// What is read closely: a dossier, or several side by side. It opens over the shelves and closes back to where one
// was. Its parts come one after the other; each is touched only when it changes.
const NAMES = ['model', 'beside'];
const stage = element.querySelector('.stage');
const body = element.querySelector('.stage-body');
const say = swatchbook.voice();
let scroll = 0;
let opener = null;
let shown = '';
let closed = null;

swatchbook.presses(element, trigger);

const front = () => swatchbook.front('browse');

function open() {
  if (stage.hidden && front()) {
    scroll = window.scrollY;
    opener = document.activeElement.closest('[data-key]')?.dataset.key;
  }
  stage.hidden = false;
  document.body.classList.add('staged');
  if (!front()) return;
  stage.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function close() {
  stage.hidden = true;
  document.body.classList.remove('staged');
  body.replaceChildren();
  document.title = 'Swatchbook';
  shown = '';
  closed = props.value?.id ?? null; // what is still on its way for it is not shown
  trigger('clear', {});
  if (!front()) return;
  window.scrollTo({ top: scroll });
  const again = opener && document.querySelector(`#shelves [data-key="${CSS.escape(opener)}"]`);
  (again ?? document.querySelector('#search :is(input, textarea)'))?.focus({ preventScroll: true });
  opener = null;
}

// What a part is, for those who do not see it come.
function heard(part) {
  const title = part.querySelector('.dossier h2, .rows h3');
  const notice = part.querySelector('.dossier > .notice')?.textContent ?? '';
  if (title) return `${title.closest('.dossier') ? 'Dossier' : 'Rows'} of ${title.textContent}. ${notice}`.trim();
  if (part.querySelector('.beside')) return 'Side by side.';
  return part.querySelector(':scope > .waiting')?.textContent;
}

// Which models an address names, whatever their commits.
function asked(params) {
  return NAMES.map((name) => `${name} ${params.get(name) ?? ''}`).join(' ').replace(/@[0-9a-f]+/g, '');
}

function draw() {
  const value = props.value;
  if (!value?.parts || value.id === closed) return;
  let news = null;
  const known = new Map([...body.children].map((node) => [node.dataset.part, node]));
  value.parts.forEach((part, place) => {
    const node = known.get(part.id) ?? document.createElement('div');
    known.delete(part.id);
    node.dataset.part = part.id;
    // Moving a node would take the focus from what is inside it.
    if (body.children[place] !== node) body.insertBefore(node, body.children[place] ?? null);
    if (!swatchbook.put(node, part.html)) return;
    news = heard(node) ?? news;
    if (part.id.startsWith('rows-')) node.scrollIntoView({ block: 'nearest' });
  });
  for (const node of known.values()) node.remove();
  if (news) say(news);
  const title = body.querySelector('.dossier h2, .beside h2')?.textContent;
  if (title) document.title = `${title} · Swatchbook`;
  const now = asked(new URLSearchParams(value.query));
  const opens = stage.hidden || now !== shown;
  const moved = now !== asked(new URLSearchParams(location.search));
  shown = now;
  if (opens) open();
  const tab = opens && front();
  swatchbook.remember(tab ? [...NAMES, 'tab'] : NAMES, value.query + (tab ? '&tab=browse' : ''), moved);
  swatchbook.pick();
}

stage.querySelector('.back').addEventListener('click', () => {
  swatchbook.remember(NAMES, '', true);
  close();
});
stage.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') stage.querySelector('.back').click();
});
window.addEventListener('popstate', () => {
  const params = new URLSearchParams(location.search);
  if (asked(params) === shown) return;
  closed = props.value?.id ?? null;
  if (params.get('model')) trigger('select', { model: params.get('model') });
  else if (params.get('beside')) trigger('submit', { models: params.get('beside').replaceAll(',', ' ') });
  else if (!stage.hidden) close();
});
document.addEventListener('swatchbook:open', (event) => trigger('select', { model: event.detail }));
watch('value', draw);
draw();
