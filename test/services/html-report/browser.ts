import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** What a browser did while it showed a page. */
export interface Shown {
  /** The page and all that it asked for. */
  requests: string[];
  /** Errors and warnings of the console, exceptions, what its policy refused. */
  complaints: string[];
  title: string;
  /** PNG. */
  picture: Buffer;
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Shows a page in headless Chromium, by the Chrome DevTools Protocol over a pipe. */
export async function showPage(
  program: string,
  url: string,
  { profile, dark, width }: { profile: string; dark: boolean; width?: number },
): Promise<Shown> {
  const child = spawn(
    program,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${profile}`,
      '--window-size=1200,900',
      '--remote-debugging-pipe',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const shown: Shown = { requests: [], complaints: [], title: '', picture: Buffer.alloc(0) };
  const waiting = new Map<number, (message: Message) => void>();
  const loaded = Promise.withResolvers<void>();
  let rest = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const each of messages) take(JSON.parse(each) as Message);
  });
  function take(message: Message): void {
    const { id, method, params = {} } = message;
    if (id !== undefined) waiting.get(id)?.(message);
    if (method === 'Page.loadEventFired') loaded.resolve();
    if (method === 'Network.requestWillBeSent')
      shown.requests.push((params['request'] as { url: string }).url);
    if (
      method === 'Runtime.exceptionThrown' ||
      method === 'Runtime.consoleAPICalled' ||
      method === 'Log.entryAdded'
    )
      shown.complaints.push(JSON.stringify(params));
  }
  let last = 0;
  const ask = async (method: string, params: object = {}, sessionId?: string) => {
    const id = ++last;
    const { promise, resolve } = Promise.withResolvers<Message>();
    waiting.set(id, resolve);
    input.write(
      `${JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`,
    );
    const { result = {}, error } = await promise;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  try {
    const { targetId } = await ask('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
    const page = (method: string, params: object = {}) => ask(method, params, String(sessionId));
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await page(`${domain}.enable`);
    const theme = { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' };
    await page('Emulation.setEmulatedMedia', { features: [theme] });
    if (width !== undefined) {
      const screen = { width, height: 800, deviceScaleFactor: 2, mobile: true };
      await page('Emulation.setDeviceMetricsOverride', screen);
    }
    await page('Page.navigate', { url });
    await loaded.promise;
    const { result } = await page('Runtime.evaluate', { expression: 'document.title' });
    shown.title = String((result as { value?: unknown }).value);
    const { data } = await page('Page.captureScreenshot', { captureBeyondViewport: true });
    shown.picture = Buffer.from(String(data), 'base64');
    return shown;
  } finally {
    child.kill('SIGKILL');
  }
}
