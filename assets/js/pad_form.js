// The form view of the pad: it is drawn by the server, and every field and button of it is an edit of the text.

// Names that were changed: what was typed before that, and is sent or drawn after it, goes where its name went.
const renames = [];
let drawn = 0; // how many of them the form shows
let drawing = false; // a field that is taken away while one types in it says that it has changed
function moved(parts, since) {
  for (const { act, old, value } of renames.slice(since)) {
    if ((parts[0] === 'grammar') === (act === 'rename-symbol') && parts[1] === old) parts[1] = value;
  }
  return parts;
}

// The form comes anew from the server; the field one is in keeps its cursor and what was typed meanwhile. Where it is
// gone, what took its place is next.
const reached = () => [...form.querySelectorAll('button, input, select, textarea')];
function drawForm(html) {
  const here = form.contains(document.activeElement) ? document.activeElement : null;
  const called = (key) => key && moved(key.split('/'), drawn).join('/');
  const key = called(here?.dataset.key ?? here?.closest('[data-key]')?.dataset.key);
  mine = called(mine);
  drawn = renames.length;
  const kept = here?.matches('textarea, input:not([type=checkbox])') ? [here.value, here.selectionStart, here.selectionEnd] : null;
  const place = reached().indexOf(here);
  drawing = true;
  const changed = swatchbook.put(form, html);
  drawing = false;
  if (!changed) {
    for (const field of form.querySelectorAll('input[data-path], textarea[data-path]')) {
      if (field !== here || key !== mine) field.value = field.defaultValue;
    }
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

// What was typed into a field and not taken over stays there until somebody types there again; beside each field
// stands what is wrong with it. Faults are read out with their list, a refusal with its own words.
let refused = null;
function remark() {
  const notes = new Map();
  for (const fault of wrongs) {
    const field = fieldOf(fault.key);
    if (field && !notes.has(field)) notes.set(field, { said: fault.said });
  }
  if (refused?.of !== of) refused = null;
  const kept = refused && form.querySelector(`[data-key="${CSS.escape(refused.key)}"]`);
  if (kept) {
    notes.set(kept, { said: refused.said, role: 'alert' });
    if (kept.value !== refused.value) kept.value = refused.value;
  }
  for (const there of form.querySelectorAll('.refused')) {
    if (notes.get(there.previousElementSibling)?.said === there.textContent) notes.get(there.previousElementSibling).told = true;
    else there.remove();
  }
  for (const field of form.querySelectorAll('[aria-invalid]')) if (!notes.has(field)) field.removeAttribute('aria-invalid');
  for (const [field, { said, role, told }] of notes) {
    field.setAttribute('aria-invalid', 'true');
    if (told) continue;
    const note = document.createElement('small');
    note.className = 'refused';
    if (role) note.setAttribute('role', role);
    note.textContent = said;
    field.after(note);
  }
}

// One edit after the other, each on the text that the one before has left.
function edit(act, field = null) {
  busy += 1;
  const [since, at] = [drawn, Date.now()];
  edits = edits.then(async () => {
    const before = text;
    const place = act.act === 'put' ? { path: JSON.stringify(moved(JSON.parse(act.path), since)) } : {};
    const answer = await server.edit({ text: before, ...visitor(), ...act, ...place }).catch(() => null);
    busy -= 1;
    if (!answer) { say('The server does not answer; nothing was changed. Try again in a moment.'); return; }
    say(field ? '' : answer.problem ?? '');
    if (field && answer.problem) refused = { key: field.dataset.key, said: answer.problem, value: field.value, of };
    else if (field && refused?.key === field.dataset.key) refused = null;
    if (answer.text !== undefined && text === before) {
      if (act.act.startsWith('rename')) renames.push(act);
      change(answer.text, act.act === 'put' ? act.path : '', answer.found, at);
    }
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
  return edit({ act: 'put', path: field.dataset.path, ...valueOf(field) }, field);
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
  mine = field.dataset.key ?? '';
  if (refused?.key === mine) { refused = null; remark(); }
  if (!field.dataset.path || field.dataset.act || field.tagName === 'SELECT') return;
  clearTimeout(pending.get(field.dataset.key)?.timer);
  pending.set(field.dataset.key, { field, timer: setTimeout(() => put(field), WAIT) });
});
form.addEventListener('change', (event) => {
  const field = event.target;
  if (drawing) return;
  if (field.matches('[data-models]')) {
    if (field.value) edit({ act: 'add-model', path: field.dataset.path, model: field.value });
  } else if (field.dataset.act === 'show') edit({ act: 'show', step: field.dataset.step, on: field.checked });
  else if (field.dataset.act) edit({ act: field.dataset.act, old: field.dataset.old, value: field.value }, field);
  else if (field.dataset.path && (field.tagName === 'SELECT' || pending.has(field.dataset.key))) put(field);
});

// Variables are put where the cursor was, else at the end.
let last = null;
form.addEventListener('focusout', ({ target }) => {
  if (target.matches('textarea[data-template]')) last = { key: target.dataset.key, at: [target.selectionStart, target.selectionEnd] };
});
form.addEventListener('pointerdown', (event) => { if (event.target.closest('[data-insert]')) event.preventDefault(); });
form.addEventListener('click', (event) => {
  const insert = event.target.closest('[data-insert]');
  if (insert) {
    const field = insert.closest('.pad-item').querySelector('textarea[data-template]');
    if (field !== document.activeElement) {
      const { length } = field.value;
      field.focus();
      field.setSelectionRange(...(last?.key === field.dataset.key ? last.at : [length, length]));
    }
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
