import type { Command } from 'commander';
import { MlregError } from '../../../core/errors.ts';
import { parseReference } from '../../../core/versions/reference.ts';
import type { Act } from '../../command-module.ts';
import { registryCodes, type CommandHelp } from '../../help/command-help.ts';
import { readToken } from '../../input/read-token.ts';
import { namedPath } from '../../options/options.ts';

/** Adds `selftest` to the command `serve`. */
export function defineSelfTest(serve: Command, act: Act): void {
  serve
    .command('selftest')
    .argument('<ref>', 'version, for example digits@1.1.0 or digits@production (see mlreg help references)')
    .summary('compare the answers of a server with the golden sets of a version')
    .description(
      'Sends the inputs of the golden sets of a version to a server, as JSON, as binary tensors and by gRPC, and compares the answers with the ' +
        'expected outputs. The server is started for the test and stopped, or, with --url, is one that runs: it must serve ' +
        'exactly this version. Exits with code 5 if an answer differs.',
    )
    .option('--url <url>', 'a server that runs, for example http://127.0.0.1:8080')
    .option('--grpc-url <url>', 'with --url: its address for gRPC, for example grpc://127.0.0.1:8081')
    .option(
      '--token-file <path>',
      'file with the token that the server asks for (or set MLREG_SERVE_TOKEN)',
      (text) => namedPath('--token-file', text),
    )
    .action(
      act(async (session, text: string, options: { url?: string; grpcUrl?: string; tokenFile?: string }) => {
        const ref = parseReference(text);
        if (options.grpcUrl !== undefined && options.url === undefined)
          throw new MlregError('USAGE', '--grpc-url requires --url', {
            hint: 'a server that is started for the test is asked in every way',
          });
        const [{ parseGrpcUrl, parseServerUrl, selfTest, selfTestFailure }, { selfTestView }] =
          await Promise.all([
            import('../../../api/verbs/run/serve-selftest.ts'),
            import('../../../render/serve/selftest-view.ts'),
          ]);
        const url = options.url === undefined ? undefined : parseServerUrl(options.url);
        const grpcUrl = options.grpcUrl === undefined ? undefined : parseGrpcUrl(options.grpcUrl);
        const token = await readToken(session, options.tokenFile);
        await session.withRegistry(async (registry) => {
          const result = await selfTest(registry, { ref, url, grpcUrl, token });
          await session.output.show('serve', selfTestView, result);
          const problem = selfTestFailure(result);
          if (problem !== undefined) session.fail(problem);
        });
      }),
    );
}

export function selfTestHelp(): CommandHelp {
  return {
    examples: [
      ['Serve a version for a moment, and check its answers:', 'mlreg serve selftest digits@production'],
    ],
    output: '--quiet prints the reference.',
    exitCodes: {
      0: 'every answer matches',
      3: 'no such registry, version or file, no golden set, no server answers or it does not serve this version, or ONNX Runtime is not installed',
      5: 'an answer differs, or nothing could be compared',
      ...registryCodes,
      6: 'bytes of the version or of its golden set are missing or corrupt',
      9: 'the server asks for a token, or refuses it',
    },
    seeAlso: ['serve', 'test', 'golden', 'golden-sets'],
  };
}
