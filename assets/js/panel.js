// A part under the board: forms and buttons of its own, links to copy, and places to go to in the texts.
const panel = element.querySelector('.panel');
swatchbook.presses(element, trigger);
swatchbook.forms(element, trigger);
let polls = 0;
let waiting = null;
let open = null;
const say = swatchbook.voice();
const rest = () => panel.querySelector('[data-rest]');
const focus = swatchbook.keepFocus(element, rest);

// Whether the archive repository has it by now is asked ever more rarely, also while the answer stays the same.
function poll() {
  clearTimeout(waiting);
  if (!panel.querySelector('[data-poll]')) { polls = 0; return; }
  waiting = setTimeout(() => { trigger('input', {}); poll(); }, Math.min(1500 * 1.5 ** polls++, 60_000));
}

// A form that comes is where one goes on: a note far below its text, a ballot. When it has been sent or left, one is
// at the head of what it became.
function follow() {
  const form = panel.querySelector('form[data-form=write], form[data-form=reveal]');
  const was = open;
  open = form?.dataset.form ?? null;
  if (open === was) { focus(); return; }
  const field = open === 'write' ? form.querySelector('[name=text]') : rest() ?? document.querySelector('#hide button');
  field?.focus({ preventScroll: true });
  if (open) field?.scrollIntoView({ block: open === 'write' ? 'center' : 'nearest' });
}

function draw() {
  const value = props.value;
  if (!swatchbook.newer(element, value) || !swatchbook.put(panel, value?.html ?? '')) return;
  poll();
  swatchbook.last(panel);
  const query = swatchbook.held(panel, props.base);
  if (query) swatchbook.remember(swatchbook.asks, query);
  if (query || panel.querySelector('.ballot, .drifted')) say(rest()?.textContent ?? '');
  follow();
}

// What was deleted in the Archive tab is kept no more.
document.addEventListener('swatchbook:gone', () => { if (panel.querySelector('.kept')) trigger('input', {}); });
watch('value', draw);
draw();
