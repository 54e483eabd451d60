import type { Route } from './route.ts';
import { docsRoutes } from './routes/docs.ts';
import { healthRoutes } from './routes/health.ts';
import { inferRoutes } from './routes/infer.ts';
import { invocationsRoutes } from './routes/invocations.ts';
import { jobRoutes } from './routes/jobs.ts';
import { modelRoutes } from './routes/models.ts';
import { observeRoutes } from './routes/observe.ts';
import { predictRoutes } from './routes/predict.ts';

/** Every route: a constant in a file of `routes/`. Their order does not matter. */
export const routes: readonly Route[] = [
  ...healthRoutes,
  ...modelRoutes,
  ...inferRoutes,
  ...predictRoutes,
  ...docsRoutes,
  ...invocationsRoutes,
  ...jobRoutes,
  ...observeRoutes,
];
