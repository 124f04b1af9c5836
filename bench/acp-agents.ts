import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SqliteThreadStore } from '../src/thread/index.ts';
import { kino } from '../test/support/cli.ts';
import { type RecordedRequest, startModelServer, type Turn } from '../test/support/model-server.ts';
import { report, withFolder } from './support/measure.ts';

const MADE = 'made by the agent';
const ANSWER = 'The file is written.';

interface Place {
  /** The address of the scripted model, without a version. */
  url: string;
  /** The home folder that the agent is given. */
  home: string;
}

/** An agent of others as its makers publish it: what is installed, and how it is pointed at the scripted model. */
interface Published {
  npm: string;
  program: string;
  args?: readonly string[];
  env?: (place: Place) => Record<string, string>;
  /** Files of its home folder. */
  files?: (place: Place) => Record<string, string>;
}

const AGENTS: Record<string, Published> = {
  qwen: {
    ...{ npm: '@qwen-code/qwen-code', program: 'qwen', args: ['--acp', '--auth-type', 'openai'] },
    env: ({ url }) => ({ OPENAI_API_KEY: 'x', OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'scripted' }),
  },
  gemini: {
    // With a model of its own choice it asks another one first which to choose.
    ...{ npm: '@google/gemini-cli', program: 'gemini', args: ['--acp', '-m', 'gemini-2.5-flash'] },
    env: ({ url }) => ({ GEMINI_API_KEY: 'x', GOOGLE_GEMINI_BASE_URL: url }),
    files: () => ({
      '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    }),
  },
  opencode: {
    ...{ npm: 'opencode-ai', program: 'opencode', args: ['acp'] },
    files: ({ url }) => ({
      '.config/opencode/opencode.json': JSON.stringify({
        ...{ model: 'scripted/scripted', small_model: 'scripted/scripted' },
        ...{ autoupdate: false, share: 'disabled', permission: { edit: 'ask', bash: 'ask' } },
        provider: {
          scripted: {
            ...{ npm: '@ai-sdk/openai-compatible', options: { baseURL: `${url}/v1`, apiKey: 'x' } },
            models: { scripted: { tool_call: true, limit: { context: 100_000, output: 8_000 } } },
          },
        },
      }),
    }),
  },
  claude: {
    ...{ npm: '@agentclientprotocol/claude-agent-acp', program: 'claude-agent-acp' },
    env: ({ url }) => ({
      ...{ ANTHROPIC_API_KEY: 'x', ANTHROPIC_BASE_URL: url },
      // Without the second it does not start as root.
      ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', IS_SANDBOX: '1' },
    }),
  },
  codex: {
    ...{ npm: '@zed-industries/codex-acp', program: 'codex-acp' },
    // Its own sandbox keeps a helper in its home, and refuses one below the temporary folder.
    args: ['-c', 'sandbox_mode="danger-full-access"'],
    env: () => ({ OPENAI_API_KEY: 'x' }),
    files: ({ url }) => ({
      '.codex/config.toml': [
        ...['model = "scripted"', 'model_provider = "scripted"', '[model_providers.scripted]'],
        ...['name = "scripted"', `base_url = "${url}/v1"`, 'wire_api = "responses"'],
        'env_key = "OPENAI_API_KEY"\n',
      ].join('\n'),
    }),
  },
};

interface OfferedTool {
  name: string;
  schema: { properties?: Record<string, unknown>; required?: string[] };
}

/** The tools of a request in whichever wire format. */
function toolsOf({ body }: RecordedRequest): OfferedTool[] {
  const tools = (body.tools ?? []) as Record<string, unknown>[];
  return tools
    .flatMap((tool) => (tool.functionDeclarations as Record<string, unknown>[] | undefined) ?? [tool])
    .map((tool) => (tool.function as Record<string, unknown> | undefined) ?? tool)
    .map((tool) => ({
      name: String(tool.name),
      schema: (tool.parameters ??
        tool.parametersJsonSchema ??
        tool.input_schema ??
        {}) as OfferedTool['schema'],
    }));
}

/** Writes a file with the agent's own tool, and then answers; what is asked without tools is a title. */
function turnFor(made: string): (request: RecordedRequest) => Turn {
  return (asked) => {
    const tools = toolsOf(asked);
    const tool =
      tools.find(({ name }) => /^write(?:_?file)?$/i.test(name)) ??
      tools.find(({ name }) => /^(?:exec_command|shell|bash)$/i.test(name));
    if (!tool) return { text: 'A file' };
    const { messages, input, contents } = asked.body;
    if (JSON.stringify([messages, input, contents]).includes(MADE)) return { text: ANSWER };
    const { properties = {}, required = [] } = tool.schema;
    const args = Object.keys(properties).flatMap((name): [string, string][] => {
      if (/path$/i.test(name)) return [[name, made]];
      if (/^content/i.test(name)) return [[name, `${MADE}\n`]];
      if (/^(?:cmd|command)$/.test(name)) return [[name, `echo ${MADE} > ${made}`]];
      return required.includes(name) ? [[name, 'a file']] : [];
    });
    return { text: 'I write it. ', calls: [{ name: tool.name, args: Object.fromEntries(args) }] };
  };
}

/** In front of the scripted model: some agents add a query to its address. */
async function withoutQuery(target: string): Promise<{ url: string; close(): void }> {
  const front = createServer((asked, response) => {
    const url = new URL(asked.url ?? '/', target);
    if (asked.url?.includes('/messages')) url.search = '';
    const passed = request(url, { method: asked.method, headers: asked.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const { port } = front.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      front.close();
      front.closeAllConnections();
    },
  };
}

/** What a run lacks; nothing when all went well. */
async function attempt(
  name: string,
  agent: Published,
  folder: string,
): Promise<{ ms: number; lacks: string[] }> {
  const place = { home: join(folder, `${name}-home`), workspace: join(folder, `${name}-work`) };
  mkdirSync(place.workspace, { recursive: true });
  const made = join(place.workspace, 'made.txt');
  const model = await startModelServer(turnFor(made));
  const front = await withoutQuery(model.url);
  try {
    const there = { url: front.url, home: place.home };
    for (const [path, text] of Object.entries(agent.files?.(there) ?? {})) {
      mkdirSync(dirname(join(place.home, path)), { recursive: true });
      writeFileSync(join(place.home, path), text);
    }
    const words = [join(folder, name, 'node_modules', '.bin', agent.program), ...(agent.args ?? [])];
    const line = words.map((word) => `'${word}'`).join(' ');
    const began = performance.now();
    const run = await kino(
      [
        'run',
        'Do it.',
        '--agent',
        `acp:${line}`,
        '--mode',
        'auto',
        '--max-seconds',
        '60',
        '--output',
        'json',
      ],
      {
        cwd: place.workspace,
        env: {
          ...{ HOME: place.home, KINO_HOME: join(place.home, '.kino'), TERM: 'dumb' },
          ...{ PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
          ...Object.fromEntries(
            [
              ['CONFIG', '.config'],
              ['DATA', '.data'],
              ['CACHE', '.cache'],
            ].map(([kind, at]) => [`XDG_${kind}_HOME`, join(place.home, at!)]),
          ),
          ...agent.env?.(there),
        },
      },
    );
    const ms = performance.now() - began;
    if (run.stdout === '') return { ms, lacks: [`a run (${run.stderr.trim()})`] };
    const { thread, answer, status, reason } = JSON.parse(run.stdout) as Record<string, string>;
    if (status !== 'done') return { ms, lacks: [`an end (${status}: ${reason})`] };
    const store = new SqliteThreadStore(join(place.home, '.kino', 'kino.db'));
    const events = await store.read(thread!).finally(() => store.close());
    const isWritten = existsSync(made) && readFileSync(made, 'utf8').includes(MADE);
    const call = events.find((event) => event.type === 'tool.started');
    const lacks = [
      ...(isWritten ? [] : ['the file']),
      ...(call && JSON.stringify(call.input).includes('made.txt') ? [] : ['the call with its input']),
      ...(events.some((event) => event.type === 'tool.ended' && event.ok) ? [] : ['its result']),
      ...(answer?.endsWith(ANSWER) ? [] : ['the answer']),
      ...(events.at(-1)?.type === 'thread.ended' ? [] : ['the end']),
    ];
    return { ms, lacks };
  } finally {
    front.close();
    await model.close();
  }
}

/**
 * Agents that others publish, installed from npm and run through Kino on a scripted model: each is to write a file with
 * a tool of its own, and Kino to have the call, its result and the answer in the thread. `KINO_BENCH_AGENTS` names
 * others than the first three.
 */
export async function bench(): Promise<void> {
  const names = process.env.KINO_BENCH_AGENTS?.split(',') ?? Object.keys(AGENTS).slice(0, 3);
  await withFolder(async (folder) => {
    let whole = 0;
    for (const name of names) {
      const agent = AGENTS[name];
      if (!agent) throw new Error(`There is no agent ${name}; there are: ${Object.keys(AGENTS).join(', ')}.`);
      const at = join(folder, name);
      mkdirSync(at);
      writeFileSync(join(at, 'package.json'), '{}');
      await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--silent', agent.npm], {
        cwd: at,
      });
      const installed = join(at, 'node_modules', agent.npm, 'package.json');
      const { version } = JSON.parse(readFileSync(installed, 'utf8')) as { version: string };
      const { ms, lacks } = await attempt(name, agent, folder);
      if (lacks.length === 0) whole++;
      const how = lacks.length === 0 ? 'wrote, was recorded and answered' : `lacks ${lacks.join(', ')}`;
      const command = [agent.program, ...(agent.args ?? [])].join(' ');
      console.log(`       ${agent.npm} ${version} (${command}): ${how}, ${(ms / 1000).toFixed(1)} s`);
    }
    report('agents of others that work', whole, `of ${names.length}`, names.length, 'more');
  });
}
