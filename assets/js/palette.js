// The palette: presses, its name, dragging chips to another place, and the link that carries it.
swatchbook.presses(element, trigger);

element.addEventListener('change', (event) => {
  if (event.target.dataset.act === 'name') trigger('click', { act: 'name', value: event.target.value });
});

let dragged = null;
element.addEventListener('dragstart', (event) => {
  dragged = event.target.closest?.('.chip');
  if (dragged) event.dataTransfer.effectAllowed = 'move';
});
element.addEventListener('dragover', (event) => {
  if (dragged && event.target.closest('.chips')) event.preventDefault();
});
element.addEventListener('drop', (event) => {
  const target = event.target.closest('.chip');
  const to = [...element.querySelectorAll('.chip')].indexOf(target);
  if (dragged && target && target !== dragged) trigger('click', { act: 'move', lane: dragged.dataset.lane, to: String(to) });
  dragged = null;
});

element.addEventListener('click', async (event) => {
  if (!event.target.closest('[data-copy]')) return;
  const said = element.querySelector('.palette-tools [role=status]');
  const link = (props.base || location.origin + location.pathname) + '?' + element.querySelector('.palette').dataset.query;
  try {
    await navigator.clipboard.writeText(link);
    said.textContent = 'Copied.';
  } catch {
    said.textContent = link;
  }
});

// A chip's name opens the dossier of its model.
element.addEventListener('click', (event) => {
  const name = event.target.closest('.chip-name');
  if (!name || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  swatchbook.tab('browse');
  document.dispatchEvent(new CustomEvent('swatchbook:open', { detail: name.dataset.opens }));
});

swatchbook.inside(element);

// Tabs of one browser agree on the palette: each tells the others what its visitor has made of it.
const others = new BroadcastChannel('swatchbook-palette');
let heard = null;
others.addEventListener('message', (event) => {
  heard = String(event.data);
  trigger('input', { query: heard });
});

// The first value comes without a press.
let pressed = false;
let told = null;
const focus = swatchbook.keepFocus(element, () => element.querySelector('summary'));
element.addEventListener('click', () => { pressed = true; });
element.addEventListener('change', () => { pressed = true; });
watch('value', () => {
  swatchbook.pick();
  const { query = '', own = '0' } = element.querySelector('.palette')?.dataset ?? {};
  const named = new URLSearchParams(location.search).has('models');
  if (pressed || (own === '1' && named)) swatchbook.remember(['models', 'palette'], query);
  if (own === '1' && query !== told && query !== heard) others.postMessage(query);
  told = query;
  focus();
});
