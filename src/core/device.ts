/** What runs a model: the CPU, or an NVIDIA GPU by CUDA. The words are ONNX Runtime's providers, too. */
export const devices = ['cpu', 'cuda'] as const;

export type Device = (typeof devices)[number];
