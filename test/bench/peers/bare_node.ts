/** What Node's HTTP alone costs: it reads the body and gives the same answer to each request. */
import { createServer } from 'node:http';

const values = Array.from({ length: 10 }, (_, at) => Math.fround(Math.exp(-at)));
const body = JSON.stringify({
  model_name: 'digits',
  model_version: '1.0.0',
  outputs: [
    { name: 'label', datatype: 'INT64', shape: [1], data: [3] },
    { name: 'probabilities', datatype: 'FP32', shape: [1, 10], data: values },
  ],
});
createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length });
    response.end(body);
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
