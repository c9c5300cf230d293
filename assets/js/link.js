// Keeps the address bar on what was run, and copies the link to it, or one that carries the run itself.
const [plain, packed] = element.querySelectorAll('button');
const field = element.querySelector('input');
const said = element.querySelector('[role=status]');
let done = 0;
let query = '';

const base = () => props.base || location.origin + location.pathname;

async function copy(words) {
  try {
    await navigator.clipboard.writeText(words);
    said.textContent = 'Copied.';
  } catch {
    field.hidden = false;
    field.value = words;
    field.select();
    said.textContent = 'Copy it from here:';
  }
}

watch('value', () => {
  const value = props.value;
  if (value?.packed) {
    if (value.number === done) return;
    done = value.number;
    copy(`${base()}?packed=${value.packed}&tab=compare`);
    return;
  }
  if (!value) return;
  query = `${value}&tab=compare`;
  swatchbook.remember(swatchbook.asks, query);
  field.hidden = true;
  said.textContent = '';
});

plain.addEventListener('click', () => {
  const kept = document.querySelector('#keep [data-link]')?.value;
  copy(kept ?? base() + (query ? `?${query}` : location.search));
});
packed.addEventListener('click', () => trigger('click', {}));
