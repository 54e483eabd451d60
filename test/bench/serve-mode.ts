/** `npm run bench:serve`: our server alone, or with `--peers` beside others, or a `--scenario`. */
if (process.argv.includes('--peers')) await import('./serve-peers.ts');
else if (process.argv.some((word) => word.startsWith('--scenario'))) await import('./serve-scenarios.ts');
else await import('./serve.ts');
