// Shows the lanes. Heads, frames and texts come as HTML that the server has escaped;
// only what changed is touched, so that focus, open folds and selections stay.
const lanes = element.querySelector('.lanes');
const spoken = element.querySelector('[role=status]');

function place(lane) {
  const node = document.createElement('article');
  node.className = 'lane';
  node.dataset.lane = lane.id;
  node.append(document.createElement('div'), document.createElement('div'));
  node.places = new Map();
  lanes.append(node);
  return node;
}

function draw() {
  const board = props.value || { lanes: [] };
  const known = new Map([...lanes.children].map((node) => [node.dataset.lane, node]));
  board.lanes.forEach((lane, order) => {
    const node = known.get(lane.id) ?? place(lane);
    known.delete(lane.id);
    // Moving a node would take the focus from what is inside it.
    if (lanes.children[order] !== node) lanes.insertBefore(node, lanes.children[order]);
    node.style.setProperty('--c', lane.colour);
    swatchbook.put(node.children[0], lane.head);
    const frame = node.children[1];
    if (swatchbook.put(frame, lane.frame)) {
      node.places = new Map([...frame.querySelectorAll('[data-text]')].map((span) => [Number(span.dataset.text), span]));
    }
    lane.texts.forEach((text, number) => {
      const span = node.places.get(number);
      if (span) swatchbook.put(span, text);
    });
  });
  for (const node of known.values()) node.remove();
  lanes.style.setProperty('--lanes', Math.min(board.lanes.length, 4));
  if (spoken.textContent !== board.status) spoken.textContent = board.status ?? '';
  document.body.classList.toggle('has-run', board.lanes.length > 0);
  swatchbook.running(Boolean(board.running));
}

swatchbook.presses(element, trigger);
watch('value', draw);
draw();
