// The fetches that go on.
swatchbook.presses(element, trigger);
const line = element.querySelector('div');
watch('value', () => swatchbook.put(line, props.value ?? ''));
swatchbook.put(line, props.value ?? '');
