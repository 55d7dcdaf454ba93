// npm run bench -- …: the proxy against its peers (run.mjs); npm run bench -- store …: the database (store.mjs).
await import(process.argv[2] === 'store' ? './store.mjs' : './run.mjs');
