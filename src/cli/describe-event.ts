import type { StoredEvent } from '../thread/index.ts';
import { dollars, fraction, paint, plain, seconds } from './output.ts';
import { paintStatus } from './thread-status.ts';

/** One event for a reader; undefined for those that a later event repeats. */
export function describeEvent(event: StoredEvent): string | undefined {
  const dim = (text: string) => paint('dim', plain(text));
  switch (event.type) {
    case 'thread.started':
      return [
        paint('bold', plain(event.title)),
        dim(
          [
            event.kind,
            event.agent,
            event.model,
            event.sandbox,
            event.repository,
            event.base?.slice(0, 12),
            new Date(event.at).toISOString(),
          ]
            .filter((part) => part !== undefined)
            .join(' · '),
        ),
      ].join('\n');
    case 'user.message': {
      const how = event.delivery === undefined ? '' : dim(` (${event.delivery})`);
      return `\n${paint('cyan', plain(event.from ?? 'person'))}${how}\n${indent(event.text)}`;
    }
    case 'assistant.message': {
      const tokens = `${event.usage.inputTokens ?? '?'} in, ${event.usage.outputTokens ?? '?'} out`;
      const head = `\n${paint('green', 'agent')} ${dim(`step ${event.step}, ${seconds(event.durationMs / 1000)}, ${tokens}`)}`;
      return [
        head,
        ...(event.reasoning ? [paint('dim', indent(event.reasoning))] : []),
        ...(event.text ? [indent(event.text)] : []),
      ].join('\n');
    }
    case 'tool.started':
      return `${paint('yellow', plain(event.tool))} ${plain(JSON.stringify(event.input))}${event.allowedBy === undefined ? '' : dim(` — ${event.allowedBy}`)}`;
    case 'permission.requested':
      return `${paint('yellow', 'asked')} ${plain(event.tool)} ${plain(JSON.stringify(event.input))} ${dim(event.reason)}`;
    case 'permission.decided': {
      const rules = event.rules?.length ? `; new rules: ${event.rules.join(', ')}` : '';
      const outcome = event.outcome === 'allow' ? paint('green', 'allowed') : paint('red', 'denied');
      return `${outcome} ${plain(event.tool)} ${dim(`${event.reason}${rules}`)}`;
    }
    case 'files.restored':
      return paint(
        'cyan',
        plain(
          `took back step ${event.steps.join(', ')}: ${event.restored.length} files restored, ${event.kept.length} kept`,
        ),
      );
    case 'thread.rewound':
      return paint('cyan', `went back to the beginning of step ${event.step}`);
    case 'context.folded':
      return dim(`folded ${event.results.length} old results away, ${event.tokens} tokens`);
    case 'context.compacted':
      return `${paint('cyan', 'began anew')} ${dim(`${event.reason}: ${event.tokensBefore} tokens before, ${event.tokensAfter} after${event.file === undefined ? '' : `; ${event.file}`}`)}`;
    case 'subagent.started':
      return `${paint('magenta', plain(event.agent))} ${plain(event.task.split('\n', 1)[0]!)} ${dim(event.thread)}`;
    case 'subagent.ended':
      return dim(
        `${event.status}, ${event.steps} steps, ${seconds(event.durationMs / 1000)}, cost ${dollars(event.costUsd)}; kino threads show ${event.thread}`,
      );
    case 'question.asked':
      return `${paint('yellow', 'question')} ${plain(event.question)} ${dim(event.options.join(' / '))}`;
    case 'question.answered':
      return `${paint('cyan', plain(event.by))} ${plain(event.answer)}`;
    case 'todo.updated':
      return event.items
        .map(
          ({ text, status }) =>
            `  ${status === 'done' ? '✓' : status === 'pending' ? '·' : '▸'} ${plain(text)}`,
        )
        .join('\n');
    case 'mode.changed':
      return dim(`mode ${event.mode}`);
    case 'model.changed':
      return dim(`model ${event.model}`);
    case 'hook.ran':
      return dim(`hook ${event.event} ${event.command}: ${event.outcome}`);
    case 'tool.ended': {
      const full = event.outputFile === undefined ? '' : dim(` (all of it: ${event.outputFile})`);
      return `${event.ok ? '' : `${paint('red', 'failed')} `}${dim(seconds(event.durationMs / 1000))}${full}\n${paint('dim', indent(shorten(event.output)))}`;
    }
    case 'model.retried':
      return paint('yellow', plain(`try ${event.attempt} after: ${event.reason}`));
    case 'instructions.loaded':
      return dim(`instructions: ${event.path}, ${event.bytes} bytes`);
    case 'artifact.written':
      return `${paint('green', 'wrote')} ${plain(event.title)} ${dim(`${event.artifact}, version ${event.version}`)}`;
    case 'comment.added':
      return `${paint('cyan', 'comment')} ${plain(event.text)} ${dim(`on ${event.artifact}`)}`;
    case 'comment.answered':
      return dim(`answered: ${event.answer}`);
    case 'hunk.decided':
      return dim(`${event.decision} ${event.hunk} ${event.path}`);
    case 'validators.ran':
      return event.results
        .map(
          ({ name, result }) =>
            `${result === 'failed' ? paint('red', '✗') : dim('·')} ${plain(name)} ${result}`,
        )
        .join('\n');
    case 'warning':
      return paint('yellow', plain(event.message));
    case 'rollout.scored': {
      const metrics = Object.entries(event.metrics).map(([name, value]) => `${name} ${fraction(value)}`);
      const reward = event.reward === null ? 'unscored' : `reward ${fraction(event.reward)}`;
      return `\n${paint('bold', reward)} ${dim(metrics.join(', '))}${event.explanation ? `\n${indent(event.explanation)}` : ''}`;
    }
    case 'experiment.planned':
      return dim(JSON.stringify(event.plan).slice(0, 400));
    case 'rollout.finished':
      return `${plain(event.thread)}  ${event.reward === null ? 'unscored' : fraction(event.reward)}  ${plain(event.agent)}  ${dim(event.task)}`;
    case 'thread.resumed':
      return dim(`went on in process ${event.pid}`);
    case 'thread.ended': {
      const answer = event.answer === '' || event.steps > 0 ? '' : `${indent(event.answer)}\n`;
      return `${answer}\n${paintStatus(event.status)} ${plain(event.reason)} ${dim(`${event.steps} steps, ${seconds(event.durationMs / 1000)}, cost ${dollars(event.costUsd)}`)}`;
    }
    default:
      return undefined;
  }
}

function indent(text: string): string {
  return plain(text)
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

function shorten(text: string): string {
  const lines = text.split('\n');
  return lines.length <= 12
    ? text
    : [...lines.slice(0, 8), `… ${lines.length - 11} lines …`, ...lines.slice(-3)].join('\n');
}
