// The swatches: a page of them takes the place of the last, or is added below it.
// Ticks choose up to four models to lay side by side; they stay chosen from page to page.
const MOST = 4;
const list = element.querySelector('.shelves');
const status = element.querySelector('[role=status]');
const more = element.querySelector('.load-more');
const tray = element.querySelector('.tray');
const chosen = new Set();
let shown = null;
let asked = new URLSearchParams(location.search).has('sort') ? null : '';

// What an address looks for: back and forward lead from search to search.
function looks() {
  const params = new URLSearchParams(location.search);
  return (props.value?.names ?? []).map((name) => `${name}=${params.get(name) ?? ''}`).join('&');
}

swatchbook.presses(element, trigger);

// Whoever pressed Search with the filters open sees what was found, not the filters.
let sought = false;
document.querySelector('#find')?.addEventListener('click', () => { sought = true; });

function tick() {
  for (const box of list.querySelectorAll('[data-beside]')) {
    box.checked = chosen.has(box.dataset.beside);
    box.disabled = !box.checked && chosen.size >= MOST;
  }
  tray.hidden = chosen.size === 0;
  const names = [...chosen].map((ref) => ref.split('@')[0].split('/').pop());
  const hint = chosen.size < 2 ? ': choose one more.' : chosen.size === MOST ? ' (four is the most).' : '';
  tray.querySelector('span').textContent = names.join(', ') + hint;
  tray.querySelector('[data-on]').disabled = chosen.size < 2;
  tray.querySelector('[data-on]').dataset.models = [...chosen].join(' ');
}

function draw() {
  const value = props.value;
  if (!value || value.number === shown) return;
  shown = value.number;
  if (value.html !== null) {
    if (value.append) list.querySelector('.results')?.insertAdjacentHTML('beforeend', value.html);
    else list.innerHTML = value.html;
  }
  status.textContent = value.status;
  if (sought && !value.waiting) {
    sought = false;
    if (status.getBoundingClientRect().top > innerHeight - 120) status.scrollIntoView({ block: 'start' });
  }
  status.classList.toggle('warn', Boolean(value.warn));
  more.hidden = !value.more;
  if (value.query !== null) remember(value);
  swatchbook.pick();
  tick();
}

// Which tab one is on is written only from the tab that is in front.
function remember({ names, query }) {
  const said = new URLSearchParams(query);
  const front = swatchbook.front('browse');
  if (front) said.set('tab', 'browse');
  const push = query !== asked && front;
  asked = query;
  swatchbook.remember(front ? [...names, 'tab'] : names, said, push);
}

list.addEventListener('change', (event) => {
  const box = event.target.closest('[data-beside]');
  if (!box) return;
  chosen[box.checked ? 'add' : 'delete'](box.dataset.beside);
  tick();
});
tray.querySelector('.link').addEventListener('click', () => { chosen.clear(); tick(); });
let looked = '';
window.addEventListener('popstate', () => {
  if (looks() === looked) return;
  looked = looks();
  trigger('input', { query: location.search });
});
watch('value', () => { draw(); looked = looks(); });
draw();
