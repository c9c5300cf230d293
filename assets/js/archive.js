// The Archive tab: a search, its results page by page, families, deletions; and the drafts that this browser holds.
const form = element.querySelector('form.find');
const list = element.querySelector('ul.entries');
const more = element.querySelector('.load-more');
const status = element.querySelector('.status');
const family = element.querySelector('.family-place');
const drafts = element.querySelector('.drafts');
let done = 0;
let asked = {};
let before = null;
let opener = null;

swatchbook.presses(element, (name, data) => {
  if (data.act === 'close-family') {
    family.replaceChildren();
    (opener?.isConnected ? opener : form.querySelector('[name=text]')).focus();
    return;
  }
  if (data.act === 'family') opener = document.activeElement;
  if (name === 'select') swatchbook.tab(data.opensIn ?? 'compare'); // Back leads to the list again
  trigger(name, { ...data, own: own() });
});

const own = () => swatchbook.kept().map((each) => each.id);

function find(extra = {}) {
  const fields = Object.fromEntries(new FormData(form));
  asked = extra.before ? asked : fields;
  trigger('click', { act: 'find', ...asked, ...extra, own: own() });
}

form.addEventListener('submit', (event) => { event.preventDefault(); find(); });
form.addEventListener('change', (event) => { if (event.target.name !== 'text') find(); });
more.addEventListener('click', () => find({ before }));
list.addEventListener('submit', (event) => {
  const chosen = event.target.closest('[data-form=delete]');
  if (!chosen) return;
  event.preventDefault();
  trigger('click', { act: 'delete', ...Object.fromEntries(new FormData(chosen)) });
});

// The keys of what was kept from this browser are filled in.
function keys() {
  const known = new Map(swatchbook.kept().map((each) => [each.id, each.key]));
  for (const field of list.querySelectorAll('[data-secret-of]')) {
    const key = known.get(field.dataset.secretOf);
    field.closest('.entry').classList.toggle('mine', Boolean(key));
    if (key) field.value ||= key;
  }
}

function draw() {
  const value = props.value;
  if (!value || value.number === done) return;
  done = value.number;
  status.classList.toggle('warn', Boolean(value.problem));
  if (value.problem ?? value.status) status.textContent = value.problem ?? value.status;
  if (value.list !== undefined) {
    if (value.append) list.insertAdjacentHTML('beforeend', value.list);
    else list.innerHTML = value.list;
    before = value.more;
    more.hidden = value.more === null;
    const about = element.querySelector('.about');
    about.textContent = value.about;
    about.hidden = !value.about;
    const models = element.querySelector('datalist');
    models.replaceChildren(...value.models.map((name) => new Option(name, name)));
  }
  if (value.family !== undefined) {
    family.innerHTML = value.family;
    family.querySelector('.relatives').focus();
  }
  if (value.gone) {
    const gone = list.querySelector(`.entry[data-id="${CSS.escape(value.gone)}"]`)?.closest('li');
    const next = gone?.nextElementSibling ?? gone?.previousElementSibling;
    gone?.remove();
    swatchbook.disown(value.gone);
    document.dispatchEvent(new CustomEvent('swatchbook:gone'));
    (next?.querySelector('a.open') ?? form.querySelector('[name=text]')).focus();
  }
  keys();
}

function draftItem(draft) {
  const item = document.createElement('li');
  const card = document.createElement('article');
  card.className = 'entry';
  const name = document.createElement('h3');
  name.textContent = draft.title || draft.prompt || 'without a name';
  const when = document.createElement('p');
  when.className = 'small';
  when.textContent = `Run · ${draft.prompt} · ${new Date(draft.saved).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const acts = document.createElement('p');
  acts.className = 'acts';
  for (const [words, act] of [['Open', open], ['Delete', drop]]) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = words;
    button.setAttribute('aria-label', `${words} the draft ${name.textContent}`);
    button.addEventListener('click', () => act(draft));
    acts.append(button);
  }
  card.append(name, when, acts);
  item.append(card);
  return item;
}

function open(draft) {
  swatchbook.drafts.open(draft);
  swatchbook.tab('compare');
}

async function drop(draft) {
  await swatchbook.drafts.drop(draft.id);
  await showDrafts();
  (drafts.querySelector('button') ?? form.querySelector('[name=text]')).focus();
}

async function showDrafts() {
  const found = (await swatchbook.drafts?.all().catch(() => [])) ?? [];
  drafts.hidden = found.length === 0;
  drafts.querySelector('ul').replaceChildren(...found.map(draftItem));
}

// The list is fetched when the tab is first looked at, and again whenever one comes back to it.
let seen = false;
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && !seen) { find(); showDrafts(); }
  seen = entry.isIntersecting;
}).observe(element);
document.addEventListener('swatchbook:drafts', showDrafts);
document.addEventListener('swatchbook:again', (event) => trigger('select', event.detail));
watch('value', draw);
