// Tables for spreadsheets.

/** What begins a formula in one spreadsheet or another (OWASP, "CSV Injection"): with an apostrophe before it, it is text. */
const FORMULA = /^[=+\-@\t\r]/;

const cell = (value) => {
  const text = `${value}`;
  // A number is what it is.
  const safe = typeof value !== 'number' && FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
};

/** Rows of cells as RFC 4180 has them: each cell in quotation marks, CRLF after each row. */
export const csv = (rows) => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
