// Keeps the search index of a database up until its parent lets go: node bench/store-indexer.mjs FILE
import { join } from 'node:path';

const dist = join(import.meta.dirname, '..', 'dist');
const { Search } = await import(join(dist, 'admin', 'search.js'));
const { SearchLoop } = await import(join(dist, 'admin', 'search-loop.js'));

const search = new Search({ db: process.argv[2] });
const loop = new SearchLoop(search);
loop.start();
process.send?.('ready');
process.once('disconnect', () => {
  loop.stop();
  search.close();
});
