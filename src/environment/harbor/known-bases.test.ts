import { expect, test } from 'vitest';
import { osOf, standIn } from './known-bases.ts';

const host = {
  os: 'debian 12',
  programs: {
    ...{ python3: '3.11.7', 'python3.12': '3.12.1', node: 'v22.1.0', npm: '10.0.0', go: 'go1.24.3' },
    ...{ rustc: '1.80.0', cargo: '1.80.0', gcc: '12.2.0', ruby: '3.2.2', java: '21.0.1' },
  },
};

test.each([
  ['ubuntu', []],
  ['ubuntu:24.04', []],
  ['docker.io/library/debian:bookworm-slim', []],
  ['debian@sha256:abc', []],
  ['public.ecr.aws/docker/library/ubuntu:22.04', []],
  ['ghcr.io/laude-institute/t-bench/ubuntu-24-04:20250624', []],
  ['ghcr.io/laude-institute/t-bench/python-3-12:20250620', ['python3.12']],
  ['python:3.11-slim-bookworm', ['python3']],
  ['python:3.12.9', ['python3.12']],
  ['python:3', ['python3']],
  ['python', ['python3']],
  ['python:slim', ['python3']],
  ['node:22-slim', ['node', 'npm']],
  ['golang:1.22', ['go']],
  ['golang:1.24.9-bookworm', ['go']],
  ['rust:1.75', ['rustc', 'cargo']],
  ['gcc:12.2', ['gcc']],
  ['ruby:3.2', ['ruby']],
])('%s can be stood for, with %j', (image, needs) => {
  expect(standIn(image, host)).toEqual({ ok: true, needs });
});

test.each([
  ['alpine:3.20', /musl/],
  ['python:3.11-alpine', /musl/],
  ['node:alpine', /musl/],
  ['scratch', /empty/],
  ['python:3.10', /needs python 3\.10, and this machine has python3 3\.11\.7/],
  ['python:3.13-slim', /3\.13/],
  ['python@sha256:abc', /no version/],
  ['node:lts', /no version/],
  ['node:20', /node v22/],
  ['golang:1.25', /go1\.24/],
  ['openjdk:21', /needs javac as well/],
  ['openjdk:17', /needs openjdk 17/],
  ['rust:1.90-windowsservercore', /Windows/],
  ['ghcr.io/someone/python:3.11', /nothing is known/],
  ['constructor', /nothing is known/],
  ['', /nothing is known/],
])('%s cannot be stood for', (image, why) => {
  expect(standIn(image, host)).toEqual({ ok: false, why: expect.stringMatching(why) });
});

test('a machine of another kind stands for none of them, and an Alpine for Alpine', () => {
  for (const os of ['darwin', 'fedora 40', 'alpine 3.20', '']) {
    expect(standIn('ubuntu:24.04', { ...host, os })).toMatchObject({ ok: false });
  }
  expect(standIn('alpine:3', { os: 'alpine 3.20', programs: {} })).toEqual({ ok: true, needs: [] });
  expect(standIn('ubuntu', { os: 'linuxmint 21 ubuntu debian', programs: {} }).ok).toBe(true);
});

test('a system is known by its os-release', () => {
  const text = 'PRETTY_NAME="Linux Mint 21"\nID=linuxmint\r\nVERSION_ID="21"\nID_LIKE="ubuntu debian"\n';
  expect(osOf(text)).toBe('linuxmint 21 ubuntu debian');
  expect(osOf('')).toBe('');
});
