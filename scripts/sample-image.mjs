// Writes an image to try an update with to standard output: 96 KiB that start on most STM32 chips as far as a bootloader
// can tell. The length in KiB can be given as an argument.

const length = 1024 * Number(process.argv[2] ?? 96);
const image = Buffer.alloc(length, 0xff);
// Numbers without a pattern (the constants of Numerical Recipes' generator), and a quarter left blank, as in real images.
let state = 1;
for (let at = 0; at < length; at += 4) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  if (at < length / 2 || at >= (length * 3) / 4) image.writeUInt32LE(state, at);
}
// The vector table: where the stack begins, where the code does (odd: Thumb).
image.writeUInt32LE(0x20001000, 0);
image.writeUInt32LE(0x08000201, 4);
process.stdout.write(image);
