import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * Specifiers of `import … from '…'`, `export … from '…'` and `import('…')`, not those in comments.
 */
const specifiers = /(^(?:import|export) [^;]*?\bfrom |(?<!^\s*\/?\*[^\n]*)\bimport\()(["'])([^"']+)\2/gm;

/**
 * Writes the declaration files of src/index.ts, and those that its types need, into `folder`. They
 * may import only from `packages`: users have no others.
 */
export function writeDeclarations(folder: string, packages: readonly string[]): void {
  const emitted = mkdtempSync(join(tmpdir(), 'mlreg-types-'));
  try {
    emit(emitted);
    const queue = [join(emitted, 'index.d.ts')];
    const seen = new Set(queue);
    for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
      const from = dirname(file);
      const text = withoutIdleImports(readFileSync(file, 'utf8')).replaceAll(
        specifiers,
        (_all, before, mark, name: string) => {
          if (name.startsWith('.')) {
            const next = join(from, name.replace(/\.ts$/, '.d.ts'));
            if (!seen.has(next)) queue.push(next);
            seen.add(next);
          } else if (!packages.includes(name)) {
            throw new Error(
              `the declarations of ${relative(emitted, file ?? '')} need ${name}, which users may lack`,
            );
          }
          return `${before}${mark}${name.replace(/^(\..*)\.ts$/, '$1.js')}${mark}`;
        },
      );
      const target = join(folder, relative(emitted, file));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true });
  }
}

/**
 * When tsc strips internal declarations it keeps their imports, and with them files and packages
 * that nothing needs.
 */
function withoutIdleImports(text: string): string {
  // Comments and paths may have the same words.
  const code = text.replaceAll(/\/\*\*[^]*?\*\/|'[^']*'/g, '');
  return text.replaceAll(/^import \{ ([^}]*) \} from .*\n/gm, (line: string, names: string) => {
    const used = names.split(', ').filter((name) => {
      // Not a method or member with that name.
      const mention = new RegExp(`\\b${/\w+$/.exec(name)?.[0]}\\b(?![(:]|\\?:)`, 'g');
      return [...code.matchAll(mention)].length > 1;
    });
    return used.length === 0 ? '' : line.replace(names, used.join(', '));
  });
}

/** All files that index.ts reaches, checked with the rules of tsconfig.json. */
function emit(folder: string): void {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const settings = join(folder, 'tsconfig.json');
  const base = join(process.cwd(), 'tsconfig.json');
  writeFileSync(
    settings,
    JSON.stringify({
      extends: base,
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        // Declarations of verbs are for the command and the schemas: users see only their methods.
        stripInternal: true,
        outDir: folder,
        rootDir: join(process.cwd(), 'src'),
        typeRoots: [join(process.cwd(), 'node_modules', '@types')],
      },
      include: [],
      files: [join(process.cwd(), 'src', 'index.ts')],
    }),
  );
  execFileSync(process.execPath, [compiler, '-p', settings], { stdio: 'inherit' });
}
