import { type Command, Option } from 'commander';
import { httpUrl } from './options.ts';

export function addModelFlags(command: Command): Command {
  return command
    .option('-a, --agent <name>', 'kino, or acp:<name or command> for an agent of others (default: kino)')
    .option('-m, --model <provider/model>', 'the model to think with')
    .option('-p, --profile <name>', 'a bundle of model, tools and sub-agents (default: smart)')
    .option('--base-url <url>', "replaces the provider's address", httpUrl)
    .addOption(new Option('--record <file>', 'keep the exchanges with the model').conflicts('replay'))
    .option('--replay <file>', 'answer from a recording; no network, no key');
}
