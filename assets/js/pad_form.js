// The form view of the pad: it is drawn by the server, and every field and button of it is an edit of the text.
// The form comes anew from the server; the field one is in keeps its cursor and what was typed meanwhile. Where it is
// gone, what took its place is next.
const reached = () => [...form.querySelectorAll('button, input, select, textarea')];
function drawForm(html) {
  const here = form.contains(document.activeElement) ? document.activeElement : null;
  const key = here?.dataset.key ?? here?.closest('[data-key]')?.dataset.key;
  const kept = here && 'selectionStart' in here && here.dataset.path ? [here.value, here.selectionStart, here.selectionEnd] : null;
  const place = reached().indexOf(here);
  if (!swatchbook.put(form, html)) {
    for (const field of form.querySelectorAll('input[data-path], textarea[data-path]')) field.value = field.defaultValue;
    return;
  }
  offer();
  const again = key && form.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!again) { if (here) reached()[Math.min(place, reached().length - 1)].focus({ preventScroll: true }); return; }
  if (kept && key === mine) again.value = kept[0];
  again.focus({ preventScroll: true });
  if (kept && again.setSelectionRange && again.type !== 'number') again.setSelectionRange(kept[1], kept[2]);
}

// The models to choose from: those of the palette, then the others that are here.
function models() {
  const chips = [...document.querySelectorAll('#palette .chip')];
  const named = chips.map(({ dataset: { source, model } }) => (source === 'hub' ? model : `${source}/${model}`));
  const house = (props.house ?? []).filter((name) => !named.includes(name));
  const first = new Option('choose …', '');
  const group = (label, names) => {
    const made = document.createElement('optgroup');
    made.label = label;
    made.append(...names.map((name) => new Option(name, name)));
    return made;
  };
  return [first, ...(named.length ? [group('On your palette', named)] : []), ...(house.length ? [group('Made for this house', house)] : [])];
}

function offer() {
  for (const list of form.querySelectorAll('[data-models]')) list.replaceChildren(...models());
}
new MutationObserver(offer).observe(document.querySelector('#palette'), { childList: true, subtree: true });

// One edit after the other, each on the text that the one before has left.
function edit(act) {
  busy += 1;
  edits = edits.then(async () => {
    const before = text;
    const answer = await server.edit({ text: before, ...visitor(), ...act }).catch(() => null);
    busy -= 1;
    if (!answer) { say('The server does not answer; nothing was changed. Try again in a moment.'); return; }
    say(answer.problem ?? '');
    if (answer.text !== undefined && text === before) change(answer.text, false, answer.found);
    if (answer.problem) form.shown = ''; // what was pressed is drawn as it stands
    if (answer.text === before || answer.problem) look();
    if (answer.focus) requestAnimationFrame(() => setTimeout(() => form.querySelector(`[data-key="${CSS.escape(answer.focus)}"]`)?.focus(), 120));
  });
  return edits;
}

const pending = new Map();
function valueOf(field) {
  if (field.dataset.lines) return { lines: field.value };
  if (field.dataset.pairs) return { pairs: field.value };
  return { value: field.value };
}
function put(field) {
  const key = field.dataset.key;
  clearTimeout(pending.get(key)?.timer);
  pending.delete(key);
  mine = key;
  return edit({ act: 'put', path: field.dataset.path, ...valueOf(field) });
}
// When all that was edited before this has become the text. A name is taken over when its field is left.
function settled() {
  const here = document.activeElement;
  if (form.contains(here) && here.dataset.old) { here.blur(); here.focus({ preventScroll: true }); }
  for (const { field } of [...pending.values()]) put(field);
  return edits;
}
form.addEventListener('input', (event) => {
  const field = event.target;
  if (!field.dataset.path || field.dataset.act || field.tagName === 'SELECT') return;
  clearTimeout(pending.get(field.dataset.key)?.timer);
  pending.set(field.dataset.key, { field, timer: setTimeout(() => put(field), WAIT) });
});
form.addEventListener('change', (event) => {
  const field = event.target;
  if (field.matches('[data-models]')) {
    if (field.value) edit({ act: 'add-model', path: field.dataset.path, model: field.value });
  } else if (field.dataset.act === 'show') edit({ act: 'show', step: field.dataset.step, on: field.checked });
  else if (field.dataset.act) edit({ act: field.dataset.act, old: field.dataset.old, value: field.value });
  else if (field.dataset.path && (field.tagName === 'SELECT' || pending.has(field.dataset.key))) put(field);
});

// Variables are put where the cursor was.
let last = null;
form.addEventListener('focusin', (event) => { if (event.target.matches('textarea[data-template]')) last = event.target; });
form.addEventListener('pointerdown', (event) => { if (event.target.closest('[data-insert]')) event.preventDefault(); });
form.addEventListener('click', (event) => {
  const insert = event.target.closest('[data-insert]');
  if (insert) {
    const own = insert.closest('.pad-item').querySelector('textarea[data-template]');
    const field = last && own.dataset.key === last.dataset.key && last.isConnected ? last : own;
    field.focus();
    field.setRangeText(insert.dataset.insert, field.selectionStart, field.selectionEnd, 'end');
    put(field);
    return;
  }
  const button = event.target.closest('button[data-act]');
  if (button) edit({ ...button.dataset });
});

// Entries are dragged by their grip.
let dragged = null;
form.addEventListener('pointerdown', (event) => {
  const item = event.target.closest('.grip')?.closest('.pad-item');
  if (item) item.draggable = true;
});
const letGo = () => { for (const item of form.querySelectorAll('.pad-item[draggable=true]')) item.draggable = false; };
document.addEventListener('pointerup', letGo);
form.addEventListener('dragstart', (event) => {
  dragged = event.target.matches?.('.pad-item[draggable=true]') ? event.target : null; // else words are dragged
  if (dragged) event.dataTransfer.effectAllowed = 'move';
});
form.addEventListener('dragover', (event) => {
  const over = event.target.closest?.('.pad-item');
  if (dragged && over?.parentNode === dragged.parentNode) event.preventDefault();
});
form.addEventListener('drop', (event) => {
  const over = event.target.closest('.pad-item');
  if (!dragged || over?.parentNode !== dragged.parentNode || over === dragged) return;
  event.preventDefault();
  edit({ act: 'move', path: dragged.dataset.path, to: over.dataset.at });
});
form.addEventListener('dragend', () => { letGo(); dragged = null; });
