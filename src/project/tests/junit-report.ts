import { XMLParser } from 'fast-xml-parser';
import { ReportBuilder, type TestReport } from './report.ts';

const MANY = new Set(['testsuite', 'testcase', 'failure', 'error']);

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseAttributeValue: false,
  parseTagValue: false,
  // Names of several lines hold `&#10;`.
  htmlEntities: true,
  isArray: (name) => MANY.has(name),
});

type Element = Record<string, unknown>;

/** JUnit XML, of one file or several. It finished where there is at least one whole document. */
export function parseJUnit(files: readonly Buffer[]): TestReport {
  const report = new ReportBuilder();
  for (const file of files) {
    let root: Element;
    try {
      root = parser.parse(file.toString('utf8'), true) as Element;
    } catch {
      continue;
    }
    if (!('testsuites' in root || 'testsuite' in root)) continue;
    report.finished = true;
    for (const suite of suitesIn(root)) readSuite(suite, report);
  }
  return report.build();
}

function* suitesIn(element: Element): Generator<Element> {
  if (isElement(element.testsuites)) yield* suitesIn(element.testsuites);
  for (const suite of listOf(element.testsuite)) {
    yield suite;
    yield* suitesIn(suite);
  }
}

function readSuite(suite: Element, report: ReportBuilder): void {
  for (const test of listOf(suite.testcase)) {
    const place = String(test['@file'] ?? test['@classname'] ?? suite['@name'] ?? '');
    const name = String(test['@name'] ?? '');
    const broken = [...listOf(test.failure), ...listOf(test.error)];
    const status = String(test['@status'] ?? '');
    const failed = 'failure' in test || 'error' in test || status === 'fail';
    const skipped = 'skipped' in test || status === 'disabled' || status === 'notrun';
    report.add(
      place === '' || place === name ? name : `${place}::${name}`,
      failed ? 'failed' : skipped ? 'skipped' : 'passed',
      broken.map((one) => [one['@message'], one['#text']].filter(Boolean).join('\n')).join('\n'),
    );
  }
}

/** An element without attributes and children is an empty string to the parser. */
function listOf(value: unknown): Element[] {
  return Array.isArray(value) ? value.map((one) => (isElement(one) ? one : { '#text': one })) : [];
}

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
