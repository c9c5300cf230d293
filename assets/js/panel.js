// A part under the board: forms and buttons of its own, links to copy, and places to go to in the texts.
const panel = element.querySelector('.panel');
swatchbook.presses(element, trigger);
swatchbook.forms(element, trigger);
let polls = 0;
let waiting = null;
let composing = false;

function draw() {
  if (!swatchbook.put(panel, props.value ?? '')) return;
  swatchbook.last(panel);
  // A note that was begun from a text far above is where one writes next.
  const field = panel.querySelector('[data-form=write] [name=text]');
  if (field && !composing) { field.focus({ preventScroll: true }); field.scrollIntoView({ block: 'center' }); }
  composing = Boolean(field);
  const query = swatchbook.held(panel, props.base);
  if (query) swatchbook.remember(swatchbook.asks, query);
  // Whether the archive repository has it by now is asked ever more rarely.
  clearTimeout(waiting);
  if (!panel.querySelector('[data-poll]')) polls = 0;
  else waiting = setTimeout(() => trigger('input', {}), Math.min(1500 * 1.5 ** polls++, 60_000));
}

watch('value', draw);
draw();
