// What this page does with what it hears of an update.

const update = document.querySelector('fieldflash-update');
const thanks = document.getElementById('thanks');

update.addEventListener('started', ({ detail }) => {
  document.title = `Updating to ${detail.version}…`;
});
update.addEventListener('progress', ({ detail }) => {
  document.title = `${detail.percent} %`;
});
update.addEventListener('ended', ({ detail }) => {
  document.title = 'Support – Smart Fridge';
  thanks.hidden = detail.outcome !== 'updated';
  thanks.textContent = `Your fridge now has version ${detail.version}. Enjoy!`;
});
