// Parses every Mermaid block of the pages and every .mmd file that are named, as Mermaid itself does. Ends with 1 when one does not parse.
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';

// Mermaid cleans labels with the help of a document.
const { window } = new JSDOM('');
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import('mermaid');

let faults = 0;
let parsed = 0;
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8');
  const blocks = file.endsWith('.mmd') ? [{ line: 1, source: text }] : [...text.matchAll(/```mermaid\n([\s\S]*?)```/g)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length + 1,
    source: match[1],
  }));
  for (const { line, source } of blocks) {
    parsed++;
    try {
      await mermaid.parse(source);
    } catch (error) {
      faults++;
      console.error(`${file}:${line}: ${String(error.message).split('\n').slice(0, 4).join(' ')}`);
    }
  }
}
console.log(`${parsed} diagrams, ${faults} do not parse`);
process.exit(faults === 0 && parsed > 0 ? 0 : 1);
