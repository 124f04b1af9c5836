import assert from 'node:assert';
import test from 'node:test';
import { total } from './cart.js';

test('an empty cart costs nothing', () => assert.equal(total([]), 0));
