// What is read closely: a dossier, or several side by side. It opens over the shelves and closes back to where one
// was. Its parts come one after the other; each is touched only when it changes.
const NAMES = ['model', 'beside'];
const stage = element.querySelector('.stage');
const body = element.querySelector('.stage-body');
let scroll = 0;

swatchbook.presses(element, trigger);

function show(on) {
  if (stage.hidden !== on) return;
  if (on) scroll = window.scrollY;
  stage.hidden = !on;
  document.body.classList.toggle('staged', on);
  if (on) stage.focus({ preventScroll: true });
  window.scrollTo({ top: on ? 0 : scroll });
}

function close() {
  show(false);
  body.replaceChildren();
  trigger('clear', {});
}

// Which models an address names, whatever their commits.
function asked(params) {
  return NAMES.map((name) => `${name} ${params.get(name) ?? ''}`).join(' ').replace(/@[0-9a-f]+/g, '');
}

function draw() {
  const value = props.value;
  if (!value?.parts) return;
  const known = new Map([...body.children].map((node) => [node.dataset.part, node]));
  value.parts.forEach((part, place) => {
    const node = known.get(part.id) ?? document.createElement('div');
    known.delete(part.id);
    node.dataset.part = part.id;
    // Moving a node would take the focus from what is inside it.
    if (body.children[place] !== node) body.insertBefore(node, body.children[place] ?? null);
    swatchbook.put(node, part.html);
  });
  for (const node of known.values()) node.remove();
  const moved = stage.hidden || asked(new URLSearchParams(location.search)) !== asked(new URLSearchParams(value.query));
  show(true);
  swatchbook.remember([...NAMES, 'tab'], value.query + '&tab=browse', moved);
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
  if (params.get('model')) trigger('select', { model: params.get('model') });
  else if (params.get('beside')) trigger('submit', { models: params.get('beside').replaceAll(',', ' ') });
  else if (!stage.hidden) close();
});
watch('value', draw);
draw();
