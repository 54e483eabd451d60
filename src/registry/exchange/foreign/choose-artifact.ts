import { MlregError } from '../../../core/errors.ts';
import { quote } from '../../../core/text/quote.ts';
import { counted } from '../../../core/text/numbers.ts';
import type { Digest } from '../../../core/versions/artifact.ts';
import { parseForeignManifest, type ForeignManifest } from '../../../core/versions/foreign-manifest.ts';
import { importHint, maxManifestBytes, type Listed } from '../../../core/versions/oci-layout.ts';
import type { LayoutSource } from '../layout/layout-source.ts';
import { readBlob } from '../layout/read-blob.ts';

export interface FoundArtifact {
  digest: Digest;
  /** Its names in the index, such as `2.1.0` or `digits:2.1.0`. */
  names: string[];
  manifest: ForeignManifest;
}

const kinds = { modelpack: 'ModelPack', kitops: 'KitOps', oci: 'OCI artifact' } as const;
const mostListed = 10;

/**
 * The artifact of another tool in a layout. `select` is its name or tag in the index, or its digest
 * or the first digits of it. INVALID_INPUT if there is none or several; then the error lists them.
 */
export async function chooseArtifact(
  layout: LayoutSource,
  listed: readonly Listed[],
  select: string | undefined,
): Promise<FoundArtifact> {
  const found = new Map<Digest, FoundArtifact | 'image' | 'index'>();
  for (const { digest, size, name } of listed) {
    const known = found.get(digest);
    if (typeof known === 'object' && name !== undefined) known.names.push(name);
    if (known !== undefined) continue;
    const manifest = parseForeignManifest(await readBlob(layout, { digest, size }, maxManifestBytes), digest);
    const names = name === undefined ? [] : [name];
    found.set(digest, typeof manifest === 'string' ? manifest : { digest, names, manifest });
  }
  // What is about another one, such as its signature, came along with it.
  const artifacts = [...found.values()]
    .filter((one) => typeof one === 'object')
    .filter(({ manifest: { subject } }) => subject === null || !found.has(subject));
  if (artifacts.length === 0) throw none([...found.values()].includes('image'), found.size);
  const chosen = select === undefined ? artifacts : artifacts.filter((one) => isSelected(one, select));
  const [only, ...others] = chosen;
  if (only !== undefined && others.length === 0) return only;
  throw severalOrNone(artifacts, chosen.length, select);
}

function isSelected({ digest, names }: FoundArtifact, select: string): boolean {
  if (/^sha256:[0-9a-f]{8,64}$/.test(select)) return digest.startsWith(select);
  return names.some((name) => name === select || tagOf(name) === select);
}

/** `2.1.0` of `localhost:5000/digits:2.1.0`; a name without a colon is a tag itself. */
export function tagOf(name: string): string {
  return /:([\w][\w.+-]*)$/.exec(name)?.[1] ?? name;
}

function severalOrNone(artifacts: FoundArtifact[], matching: number, select: string | undefined): MlregError {
  const lines = artifacts
    .slice(0, mostListed)
    .map(
      ({ digest, names, manifest }) =>
        `${names.map(quote).join(', ') || 'no name'} ${digest} (${kinds[manifest.kind]})`,
    );
  const more = artifacts.length > mostListed ? `; and ${artifacts.length - mostListed} more` : '';
  const what =
    select === undefined
      ? `the layout has ${artifacts.length} artifacts`
      : `${matching === 0 ? 'no artifact of the layout matches' : `${matching} artifacts of the layout match`} ${quote(select)}`;
  return new MlregError('INVALID_INPUT', `${what}: ${lines.join('; ')}${more}; nothing was imported`, {
    hint: 'choose one by its name, tag or digest: --select NAME',
    details: { artifacts: artifacts.map(({ digest, names }) => ({ digest, names })) },
  });
}

function none(isImage: boolean, manifests: number): MlregError {
  if (isImage)
    return new MlregError('INVALID_INPUT', 'this is a container image, not a model; nothing was imported', {
      hint: 'copy the model out of the image and register it: mlreg register NAME DIR',
    });
  const what = manifests === 0 ? 'it lists nothing' : `found ${counted(manifests, 'other manifest')}`;
  return new MlregError('INVALID_INPUT', `no model in this layout (${what}); nothing was imported`, {
    hint: importHint,
  });
}
