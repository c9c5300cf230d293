// What comes onto the pad from elsewhere. Follows `pad` and `pad_form` in one scope.
// What the server opens: an example, a link, a run that becomes a sketch. When the page opens, the browser's own draft
// comes back in the place of nothing, and over what it came of.
function open() {
  const value = props.value;
  if (!value || value.number === opened) return;
  opened = value.number;
  if (value.same && value.of !== of) return;
  say(value.problem ?? value.said ?? '');
  if (value.problem || (value.restore && text)) return;
  if (value.same) {
    const typing = value.was !== null && (value.was !== text || busy || pending.size); // what is typed meanwhile stays
    if (!typing) change(value.text);
    return;
  }
  const before = draft();
  const first = !text && !value.restore;
  if (text && !value.name.startsWith('sketch=')) swatchbook.remember(named(), '');
  if (text) past.push(standing());
  of = value.of;
  const same = before.text && (value.restore || (first && value.name && value.name === before.name));
  const back = same && before.text !== value.text;
  const left = first && !same && (before.changed || before.frozen) && before.text !== value.text;
  know(of, { name: value.name, clean: value.text });
  if (left) past.push({ text: before.text, of: 0 });
  future = [];
  mine = '';
  if (value.folded || back) document.querySelector('#gallery details').open = false;
  swatchbook.piece?.forget(value.values);
  if (left || same) give(left ? 0 : of, before);
  if (same && value.restore) { know(of, { clean: before.changed ? null : before.text }); set(before.text); return; }
  set(value.text);
  if (left) say('Your draft is a step back: press Undo.');
  if (back) {
    change(before.text);
    const was = value.name.startsWith('sketch=') ? 'kept' : 'opened';
    say(`What you changed since it was ${was} is back; Undo shows it as it was.`);
  }
}

swatchbook.pad = { text: () => text, standing, look, learn, settled };
let habit = null;
try { habit = localStorage.getItem('swatchbook-pad-view'); } catch { /* the view is only a habit */ }
view(habit === 'text' ? 'text' : 'form');
watch('value', open);
open();
