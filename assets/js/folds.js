// One button for all folded samples.
const button = element.querySelector('button');
button.addEventListener('click', () => {
  const open = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', open);
  for (const fold of document.querySelectorAll('#board .group details')) fold.open = open;
});
