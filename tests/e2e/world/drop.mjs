// A file that is let go over a page.

import assert from 'node:assert/strict';

/** Drops a file with these contents on a place, which must take it: else the browser opens it instead of the page. */
export async function drop(place, name, contents) {
  const taken = await place.evaluate((place, [name, contents]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(contents)], name));
    const takes = (kind) => !place.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer }));
    return takes('dragover') && takes('drop');
  }, [name, [...contents]]);
  assert.ok(taken, `${name} is not taken`);
}
