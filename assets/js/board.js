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
  if (!swatchbook.newer(element, board)) return;
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

// Selected words of one text can be written about: a button comes up beside them.
const say = swatchbook.voice();
const offer = document.createElement('button');
offer.type = 'button';
offer.className = 'offer';
offer.textContent = 'Note on these words';
offer.hidden = true;
element.append(offer);

// The part of a selection that lies in a text: whoever selects some of the prompt, too, means the text.
function within(whole, text) {
  const range = document.createRange();
  range.selectNodeContents(text);
  if (whole.compareBoundaryPoints(Range.START_TO_START, range) > 0) range.setStart(whole.startContainer, whole.startOffset);
  if (whole.compareBoundaryPoints(Range.END_TO_END, range) < 0) range.setEnd(whole.endContainer, whole.endOffset);
  return range;
}

// Where the selection lies in its text, in characters as people count them, not in halves of them.
function selected() {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const whole = selection.getRangeAt(0);
  const touched = [...element.querySelectorAll('[data-said]')].filter((text) => whole.intersectsNode(text));
  const parts = touched.map((text) => [text, within(whole, text)]).filter(([, range]) => range.toString());
  if (parts.length !== 1) return null; // none, or words of several texts, which are linked one after the other
  const [[text, range]] = parts;
  const lead = document.createRange();
  lead.selectNodeContents(text);
  lead.setEnd(range.startContainer, range.startOffset);
  const start = [...lead.toString()].length;
  return { sample: text.dataset.said, start: String(start), end: String(start + [...range.toString()].length), range };
}

document.addEventListener('selectionchange', () => {
  const found = selected();
  offer.hidden = !found;
  if (!found) return;
  const words = found.range.getBoundingClientRect();
  const frame = element.getBoundingClientRect();
  offer.style.left = `${Math.min(words.left, innerWidth - 180) - frame.left}px`;
  offer.style.top = `${words.bottom - frame.top + 6}px`;
});
offer.addEventListener('pointerdown', (event) => event.preventDefault()); // the selection stays
offer.addEventListener('click', () => {
  const found = selected();
  if (!found) return;
  trigger('click', { act: 'note', sample: found.sample, start: found.start, end: found.end });
  getSelection().removeAllRanges();
  if (document.querySelector('.composer')) say('These words are linked to your note.');
});
element.addEventListener('click', (event) => {
  const mark = event.target.closest('mark.noted');
  const note = mark && getSelection().isCollapsed && document.getElementById(`note-${mark.dataset.note}`);
  if (!note) return;
  note.scrollIntoView({ block: 'center' });
  note.focus({ preventScroll: true });
});
watch('value', draw);
draw();
