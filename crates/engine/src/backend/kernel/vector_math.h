// Functions of whole vectors, within a few units in the last place of the C library's.

#pragma once

#include <math.h>

#include "sums.h"

namespace {

// e^x; x is bound to where the result is a normal number, and a NaN stays one. Splits off a power of two, then the
// polynomial of Cephes' expf.
inline Vector exp_of(Vector x) {
  x = x < -87.0f ? Vector{} - 87.0f : x;
  x = x > 88.0f ? Vector{} + 88.0f : x;
  // Adding this rounds to a whole number.
  constexpr float ROUND = 12582912.0f;
  const Vector shifted = x * 1.44269504088896341f + ROUND, power = shifted - ROUND;
  const Vector r = (x - power * 0.693359375f) + power * 2.12194440e-4f;
  Vector p = Vector{} + 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // The whole number stands in the last bits of what was rounded, and goes into the exponent.
  Lanes bits;
  __builtin_memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + (127 << 23);
  Vector scale;
  __builtin_memcpy(&scale, &bits, sizeof scale);
  return p * scale;
}

inline Vector logistic(Vector x) { return 1.0f / (1.0f + exp_of(-x)); }

// Near 0 by its series, where the other form would lose digits.
inline Vector tanh_of(Vector x) {
  const Vector size = x < 0 ? -x : x, square = x * x;
  const Vector far = 1.0f - 2.0f / (exp_of(2.0f * size) + 1.0f);
  Vector p = Vector{} - 5.70498872745e-3f;
  p = p * square + 2.06390887954e-2f;
  p = p * square - 5.37397155531e-2f;
  p = p * square + 1.33314422036e-1f;
  p = p * square - 3.33332819422e-1f;
  const Vector near = x + x * square * p;
  return size < 0.625f ? near : x < 0 ? -far : far;
}

}  // namespace
