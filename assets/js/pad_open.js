// What comes onto the pad from elsewhere. Follows `pad` and `pad_form` in one scope.
// What the server opens: an example, a link, a run that becomes a sketch. When the page opens, the browser's own draft
// comes back in the place of nothing, and over what it came of.
function open() {
  const value = props.value;
  if (!value || value.number === opened) return;
  opened = value.number;
  say(value.problem ?? value.said ?? '');
  if (value.problem || (value.restore && text)) return;
  if (value.same) { clean = value.text; change(value.text); return; }
  const [before, cameOf, changed, frozen] = draft();
  const first = !text && !value.restore;
  if (text && !value.kept) swatchbook.remember(named(), '');
  if (text) past.push(standing());
  of = value.of;
  name = value.kept || (first ? new URLSearchParams(location.search).get(named()[0]) ?? '' : '');
  const same = value.restore || (first && name && name === cameOf);
  const back = same && before && before !== value.text;
  const left = first && !back && (changed || frozen) && before !== value.text;
  if (left) past.push({ text: before, of: 0, name: cameOf, frozen });
  clean = value.text;
  future = [];
  mine = '';
  if (value.folded || back) document.querySelector('#gallery details').open = false;
  swatchbook.piece?.forget(value.values);
  if (back && value.restore) { of = 0; clean = changed ? null : before; set(before); give(frozen); return; }
  set(value.text);
  if (left) say('Your draft is a step back: press Undo.');
  if (back) { change(before); say('What you changed since then is back; Undo shows it as it was.'); }
  if (same && frozen) give(frozen);
}

// What is kept under another name than before was kept just now.
function keptAs(id) {
  if (!text) return;
  if (id !== name) clean = text;
  name = id;
  remember();
}

swatchbook.pad = { text: () => text, look, keptAs, froze, settled };
let habit = null;
try { habit = localStorage.getItem('swatchbook-pad-view'); } catch { /* the view is only a habit */ }
view(habit === 'text' ? 'text' : 'form');
watch('value', open);
open();
