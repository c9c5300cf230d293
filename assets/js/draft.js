// The runs that were not kept yet stay in this browser: the newest ten, each as it was last changed.
const MOST = 10;
const LAST = 'swatchbook-draft';

function shelf(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('swatchbook', 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore('drafts', { keyPath: 'id' });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const change = opening.result.transaction('drafts', mode);
      const asked = act(change.objectStore('drafts'));
      change.oncomplete = () => { opening.result.close(); resolve(asked?.result); };
      change.onerror = change.onabort = () => { opening.result.close(); reject(change.error); };
    };
  });
}

const drafts = {
  async all() {
    const found = (await shelf('readonly', (store) => store.getAll())) ?? [];
    return found.sort((one, other) => other.saved - one.saved);
  },
  async put(draft) {
    await shelf('readwrite', (store) => store.put({ ...draft, saved: Date.now() }));
    for (const old of (await this.all()).slice(MOST)) await this.drop(old.id);
  },
  drop: (id) => shelf('readwrite', (store) => store.delete(id)),
  open: (draft, again = false) => trigger('click', { body: draft.body, blind: draft.blind && again, again }),
};
swatchbook.drafts = drafts;
const told = () => document.dispatchEvent(new CustomEvent('swatchbook:drafts'));
told();

// A browser that keeps nothing, as in a private window, has no drafts; all else goes on.
const quietly = (work) => work.catch((error) => console.info('drafts are not kept here:', error?.message));

watch('value', () => {
  const draft = props.value;
  if (!draft || !swatchbook.newer(element, draft)) return;
  if (draft.body) sessionStorage.setItem(LAST, draft.id);
  else sessionStorage.removeItem(LAST); // what is on the page now is no draft
  if (draft.body) quietly(drafts.put(draft).then(told));
  else if (draft.id) quietly(drafts.drop(draft.id).then(told));
});

// What was on the page before a reload is there again after it.
const again = sessionStorage.getItem(LAST);
const how = performance.getEntriesByType('navigation')[0]?.type;
if (again && how === 'reload') {
  quietly(drafts.all().then((found) => {
    const draft = found.find((each) => each.id === again);
    if (draft) drafts.open(draft, true);
  }));
} else sessionStorage.removeItem(LAST);
