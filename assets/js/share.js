// Under the pad: keeping, links, frozen results, versions, files. Each press takes the pad's text along, and the number
// of what that came of; what is shown for another than the pad's waits until the pad steps there.
const panel = element.querySelector('.panel');
let done = 0;
let shown = 0;
const focus = swatchbook.keepFocus(element, () => panel.querySelector('[data-rest]'));
async function send(name, data) {
  await swatchbook.pad?.settled();
  trigger(name, { ...data, ...swatchbook.pad?.standing(), ...swatchbook.piece?.asked(), own: swatchbook.kept() });
}
swatchbook.presses(element, send);
swatchbook.forms(element, (name, data) => send(data.act === 'publish' ? 'select' : name, data));

// What is said stands in the part in which something was pressed last.
let pressed = '';
for (const kind of ['click', 'submit']) {
  element.addEventListener(kind, ({ target }) => { pressed = target.closest('.share-row')?.dataset.part ?? pressed; }, true);
}
const place = () => panel.querySelector(`[data-part="${pressed}"] .said`) ?? panel.querySelector('.said');

// The visitors' page is served beside this one, also where that is shown within another.
const base = (visit) => (visit ? `${location.origin}${location.pathname.replace(/\/$/, '')}/visit` : props.base || location.origin + location.pathname);

async function copy(words, note, told) {
  const said = place();
  const field = panel.querySelector('.copied');
  try {
    await navigator.clipboard.writeText(words);
    said.textContent = told ? '' : ['Copied.', note].filter(Boolean).join(' ');
  } catch {
    said.after(field);
    field.hidden = false;
    field.value = words;
    field.select();
    said.textContent = 'Copy it from here:';
  }
}

function save(file) {
  const bytes = Uint8Array.from(atob(file.content), (letter) => letter.charCodeAt(0));
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([bytes], { type: file.media }));
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

function show({ html, number }) {
  shown = number;
  if (swatchbook.put(panel, html)) {
    const told = panel.querySelector('.sharing > .share-told');
    if (told) place().after(told);
    focus();
  }
  const own = panel.querySelector('[data-own]');
  if (own) swatchbook.own(own.dataset.own, own.dataset.secret, own.dataset.kind);
  const kept = panel.querySelector('[data-kept]');
  if (!kept) return;
  const mine = swatchbook.kept().some((each) => each.id === kept.dataset.kept);
  if (!mine) panel.querySelector('[data-form=keep] [type=submit]').textContent = 'Keep as my remix';
  swatchbook.remember(swatchbook.asks, `sketch=${kept.dataset.kept}&tab=sketchpad`);
}

function draw() {
  const value = props.value;
  if (!value) return;
  if (value.html !== undefined && value.number > shown && value.of === swatchbook.pad?.standing().of) show(value);
  if (value.number === done) return;
  done = value.number;
  if (value.kept) swatchbook.pad?.learn(value.of, { name: `sketch=${value.kept.id}`, clean: value.kept.text });
  if (value.frozen !== undefined) swatchbook.pad?.learn(value.of, { frozen: value.frozen });
  if (value.own) swatchbook.own(...value.own);
  if (value.copy) copy(`${base(value.visit)}?${value.copy}`, value.note, value.html);
  if (value.open) window.open(`${base(true)}?${value.open}`, '_blank', 'noopener');
  if (value.file) save(value.file);
}
// A list that opens below the edge of the column comes into sight.
element.addEventListener('toggle', (event) => { if (event.target.open) event.target.scrollIntoView({ block: 'nearest' }); }, true);
watch('value', draw);
document.addEventListener('swatchbook:sketch', draw);
draw();
