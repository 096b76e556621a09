// AdamW's step on some parameters whose gradient is at hand.

#pragma once

#include <math.h>

#include "sums.h"

// As in kernel/ffi.rs, field by field.
struct Step {
  double learning_rate, beta1, beta2, weight_decay, eps;
  double count;  // of steps, this one included
};

namespace {

// What an AdamW step multiplies by (Loshchilov and Hutter 2019), as torch's fused one has it.
struct Adamw {
  float decay, first_rate, second_decay, second_rate, step_size, inverse_root, eps;
};

inline Vector root(Vector value) {
  Vector out;
  for (int lane = 0; lane < LANES; ++lane) out[lane] = __builtin_sqrtf(value[lane]);
  return out;
}

void adamw(float *p, float *m, float *v, const float *g, int64_t count, const Adamw &s) {
  int64_t at = 0;
  for (; at + LANES <= count; at += LANES) {
    const Vector gradient = load(g + at);
    const Vector first = load(m + at) + s.first_rate * (gradient - load(m + at));
    const Vector second = s.second_decay * load(v + at) + s.second_rate * gradient * gradient;
    store(p + at, load(p + at) * s.decay - s.step_size * first / (root(second) * s.inverse_root + s.eps));
    store(m + at, first);
    store(v + at, second);
  }
  for (; at < count; ++at) {
    m[at] += s.first_rate * (g[at] - m[at]);
    v[at] = s.second_decay * v[at] + s.second_rate * g[at] * g[at];
    p[at] = p[at] * s.decay - s.step_size * m[at] / (__builtin_sqrtf(v[at]) * s.inverse_root + s.eps);
  }
}

Adamw adamw_of(const Step &step) {
  return {
      static_cast<float>(1 - step.learning_rate * step.weight_decay),
      static_cast<float>(1 - step.beta1),
      static_cast<float>(step.beta2),
      static_cast<float>(1 - step.beta2),
      static_cast<float>(step.learning_rate / (1 - pow(step.beta1, step.count))),
      static_cast<float>(1 / sqrt(1 - pow(step.beta2, step.count))),
      static_cast<float>(step.eps),
  };
}

}  // namespace
