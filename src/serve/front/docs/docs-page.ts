import packageJson from '../../../../package.json' with { type: 'json' };
import { shellWord } from '../../../core/text/quote.ts';
import { describeValue } from '../../engine/datatypes.ts';
import type { PlannedValue } from '../../engine/plan.ts';
import { html, page, table } from '../../observe/page.ts';
import type { ServedVersion } from '../../served.ts';
import type { Example } from '../../slots/example.ts';
import { describeTensor } from '../describe.ts';
import type { FrontContext } from '../route.ts';

/** How the models that are served are called, with commands to copy. `url`: as the reader sees it. */
export async function docsPage({ models, guard }: FrontContext, url: string): Promise<string> {
  const sections: string[] = [];
  for (const name of models.names()) {
    const served = models.find(name);
    sections.push(
      served === undefined
        ? `<h2>${html(name)}</h2>\n<p>Its stage is empty at the moment.</p>`
        : section(served, {
            url,
            token: guard.needsToken,
            ways: [...models.stages(name), ...models.versions(name).map(({ version }) => version)],
            example: await served.example(),
          }),
    );
  }
  const token = guard.needsToken
    ? '<p>Every request needs a token: put yours into the variable TOKEN of your shell.</p>\n'
    : '';
  return page(
    { title: 'mlreg serve: how to call the models' },
    `<h1>How to call the models</h1>
<p>mlreg ${html(packageJson.version)} · <a href="/">status</a> · <a href="/openapi.json">OpenAPI</a></p>
${token}${sections.join('\n')}`,
  );
}

interface Shown {
  url: string;
  token: boolean;
  /** Stages and versions by which it can be asked for. */
  ways: readonly string[];
  example: Example | undefined;
}

function section({ name, version, inputs, outputs }: ServedVersion, shown: Shown): string {
  const { url, token, ways, example } = shown;
  const curl = (path: string, body: object): string =>
    `<pre>${html(curlCommand(`${url}${path}`, body, token))}</pre>`;
  const from = example === undefined ? 'with values of your own' : 'with a case of its golden set';
  const infer = { inputs: example?.inputs ?? inputs.map(placeholder) };
  const parts = [
    `<h2>${html(name)}</h2>`,
    `<p>Version ${html(version)} answers. To choose, put one of these behind the name: ${ways.map((way) => `<code>/versions/${html(way)}</code>`).join(', ')}.</p>`,
    table(
      ['', 'name', 'datatype and shape'],
      [...inputs.map((value) => row('input', value)), ...outputs.map((value) => row('output', value))],
    ),
    ...(example?.predict === undefined
      ? []
      : ['<p>A row of a table:</p>', curl(`/predict/${name}`, example.predict)]),
    `<p>Tensors, by the Open Inference Protocol, ${from}:</p>`,
    curl(`/v2/models/${name}/infer`, infer),
    ...(example === undefined || example.outputs.length === 0
      ? []
      : ['<p>Its outputs:</p>', `<pre>${html(JSON.stringify(example.outputs))}</pre>`]),
  ];
  return parts.join('\n');
}

function row(side: string, value: PlannedValue): string[] {
  return [side, html(value.name), html(describeValue(value))];
}

/** A tensor whose data the reader has to fill in. */
function placeholder(value: PlannedValue): object {
  return { ...describeTensor(value), data: ['…'] };
}

function curlCommand(url: string, body: object, token: boolean): string {
  const header = token ? ' -H "Authorization: Bearer $TOKEN"' : '';
  return `curl${header} -H 'Content-Type: application/json' ${shellWord(url)} -d ${shellWord(JSON.stringify(body))}`;
}
