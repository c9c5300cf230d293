// The fetches that go on. Their beginning and their end are said, not every step between.
swatchbook.presses(element, trigger);
const line = element.querySelector('div');
const say = swatchbook.voice();
let going = [];

function draw() {
  if (!swatchbook.put(line, props.value ?? '')) return;
  const now = [...line.querySelectorAll('.fetching strong')].map((name) => name.textContent);
  const said = [
    ...going.filter((name) => !now.includes(name)).map((name) => `Fetching ${name} has ended.`),
    ...now.filter((name) => !going.includes(name)).map((name) => `Fetching ${name}.`),
  ];
  going = now;
  if (said.length) say(said.join(' '));
}

watch('value', draw);
draw();
