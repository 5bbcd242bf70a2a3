// Every state of every page, each led to by a person's own steps.
//
// A walk sets up a world and calls `look(name, page)` in each of its states, by `walk(world, look)`; without a page it is the
// customer's. Its names are the same in all languages.

import before from './before.mjs';
import customer from './customer.mjs';
import embedded from './embedded.mjs';
import failures from './failures.mjs';
import support from './support.mjs';
import technician from './technician.mjs';
import usb from './usb.mjs';
import workshop from './workshop.mjs';

export const walks = [...before, ...customer, ...failures, ...usb, ...technician, ...workshop, ...support, ...embedded];
