import assert from 'node:assert/strict'
import { test } from 'node:test'
import { javaDoubleText, javaFloatText } from '../src/java-number.ts'

test('doubles are written as Java writes them', () => {
  const table: readonly (readonly [number, string])[] = [
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [0.00012, '1.2E-4'],
    [9999999, '9999999.0'],
    [1e7, '1.0E7'],
    [12345678.9, '1.23456789E7'],
    [1e21, '1.0E21'],
    [-1e-10, '-1.0E-10'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
    [Number.MIN_VALUE, '4.9E-324'],
    [2e-323, '2.0E-323'],
    [1e23, '1.0E23'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ]
  for (const [value, text] of table) assert.equal(javaDoubleText(value), text)
})

test('floats are written with as few digits as lead back to them', () => {
  const table: readonly (readonly [number, string])[] = [
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [16777216, '1.6777216E7'],
    [3.4028235e38, '3.4028235E38'],
    [2 ** -149, '1.4E-45'],
    [3, '3.0'],
    [1.5, '1.5'],
    [0, '0.0'],
    [-0, '-0.0'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ]
  for (const [value, text] of table) assert.equal(javaFloatText(Math.fround(value)), text)
})
