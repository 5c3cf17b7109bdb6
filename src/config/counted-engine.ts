/** Makes Liquid count what it does, where it does not by itself. */

import { Context, defaultOperators } from 'liquidjs';
import type { FilterImplOptions, Liquid, LiquidOptions, Template } from 'liquidjs';
import { copiedPerStep, limiter } from './rendering-budget.ts';
import type { RenderingBudget } from './rendering-budget.ts';

type FilterHandler = Exclude<FilterImplOptions, { readonly handler: unknown }>;

/** What a template is rendered in: it counts the variables that are read. */
export class CountedContext extends Context {
  readonly budget: RenderingBudget;

  constructor(scope: object, liquid: Liquid, budget: RenderingBudget) {
    const limiters = {
      memoryLimit: limiter((characters) => budget.copy(characters)),
      renderLimit: limiter((steps) => budget.use(steps)),
    } as unknown as Pick<Context, 'memoryLimit' | 'renderLimit'>;
    super(scope, liquid.options, { sync: true }, { ...limiters, liquid });
    this.budget = budget;
  }

  override _get(paths: Parameters<Context['_get']>[0]): IterableIterator<unknown> {
    this.budget.use(paths.length);
    return super._get(paths);
  }
}

/** Null in the contexts that some filters make for each element, which are counted by the elements. */
const budgetOf = (context: Context): RenderingBudget | null =>
  context instanceof CountedContext ? context.budget : null;

/** Operators that count what they compare. */
export const countedOperators: NonNullable<LiquidOptions['operators']> = Object.fromEntries(
  Object.entries(defaultOperators).map(([name, operator]) => [
    name,
    (...operands: unknown[]) => {
      const budget = budgetOf(operands.at(-1) as Context);
      budget?.use(1);
      for (const operand of operands.slice(0, -1)) budget?.weigh(operand);
      return (operator as (...operands: unknown[]) => unknown)(...operands);
    },
  ]),
) as NonNullable<LiquidOptions['operators']>;

/** Characters of expressions that a filter evaluates for each element. */
const expressionLength = (args: readonly unknown[]): number =>
  args.reduce<number>((sum, arg) => sum + (typeof arg === 'string' ? arg.length : 0), 0);

/** A function over a value that counts itself, the value and its arguments. */
export const counted = (handler: FilterHandler): FilterHandler =>
  function (value: unknown, ...args: unknown[]): unknown {
    const budget = budgetOf(this.context);
    budget?.use(1);
    budget?.weigh(value);
    for (const arg of args) budget?.weigh(arg);
    if (Array.isArray(value)) budget?.copy(value.length * expressionLength(args));
    return handler.apply(this, [value, ...args]) as unknown;
  };

export const countedFilter = (filter: FilterImplOptions): FilterImplOptions =>
  typeof filter === 'function' ? counted(filter) : { ...filter, handler: counted(filter.handler) };

/** Steps of each template of a list: itself, what it reads, and its text. */
const stepsOf = (templates: readonly Template[]): number =>
  templates.reduce((steps, template) => {
    const { token } = template;
    const values = [...(template.arguments?.() ?? [])].length;
    return steps + 1 + values + Math.ceil((token.end - token.begin) / copiedPerStep);
  }, 1);

/** Counts the templates of each list before it is rendered, once more in each turn of a loop. */
export const countTemplates = ({ renderer }: Liquid): void => {
  const render = renderer.renderTemplates.bind(renderer);
  const known = new WeakMap<readonly Template[], number>();
  renderer.renderTemplates = (templates, context, emitter) => {
    let steps = known.get(templates);
    if (steps === undefined) {
      steps = stepsOf(templates);
      known.set(templates, steps);
    }
    budgetOf(context)?.use(steps);
    return render(templates, context, emitter);
  };
};
