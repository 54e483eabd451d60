import {writeFileSync} from 'node:fs';
import * as h from './test/support/hostile-onnx.ts';
import {runBench} from './src/bench/run-bench.ts'; import {planBench} from './src/bench/plan.ts';
import {readOnnxModel} from './src/onnx/read-model.ts'; import {bytesSource} from './test/support/byte-source.ts';
for (const [n,b] of Object.entries({tree:h.bottomlessTree(),refuse:h.unknownOperator(),bomb:h.allocationBomb(),loop:h.endlessLoop()})) {
 writeFileSync('/tmp/h.onnx',b); const t=performance.now();
 const s=readOnnxModel(bytesSource(b)).model.signature;
 const r=await runBench({modelFile:'/tmp/h.onnx',signature:s,plan:planBench({iterations:3,warmup:0,launches:1,timeoutMs:3000})});
 console.log(n,b.length,r.report.status,r.report.error,performance.now()-t, s);
}
