// Several heads whose logits are one answer: weighted by a gate, a head of its own, or their mean.

#pragma once

#include "tails.h"

// As in kernel/ffi.rs, field by field.

// What a gate weighs: the heads' logits of the rows at hand, [rows, heads, classes], which get no gradient from it.
struct Mixture {
  const float *logits;
  const float *costs;  // what a head's mean weight adds to the loss, [heads]
  float *answer;       // working space, [classes + heads]
  int64_t heads, classes;
  float temperature;
  int32_t is_hard;  // the head of the largest weight answers alone; gradients are those of the weights as they are
};

// A head, and its first layer before the activation in powers of the level, each [rows, units]; `cross` may be absent.
struct AtLevels {
  Shape shape;
  Head head;
  const float *clean, *linear, *cross;
};

namespace {

// A gate's weights in place of its logits: softmax(logits / temperature).
inline void weigh(float *gate, int64_t heads, float temperature) {
  for (int64_t e = 0; e < heads; ++e) gate[e] /= temperature;
  const float total = log_sum(gate, heads);
  for (int64_t e = 0; e < heads; ++e) gate[e] = expf(gate[e] - total);
}

// The answer to a row, [classes], of the heads' logits [heads, classes] and a gate's logits [heads], which become its weights;
// without a gate it is the heads' mean. A gate that diverged, whose weights are no numbers, makes the answer none.
inline void answer_of(const Mixture &of, const float *logits, float *gate, float *answer) {
  const int64_t chosen = gate ? largest(gate, of.heads) : 0;
  if (gate) weigh(gate, of.heads, of.temperature);
  for (int64_t k = 0; k < of.classes; ++k) {
    if (gate && of.is_hard) {
      answer[k] = logits[chosen * of.classes + k] + 0 * gate[chosen];
      continue;
    }
    answer[k] = 0;
    for (int64_t e = 0; e < of.heads; ++e)
      answer[k] += (gate ? gate[e] : 1.0f / static_cast<float>(of.heads)) * logits[e * of.classes + k];
  }
}

// The answers to `count` rows, [count, classes], of the mixture's logits and a gate's [count, heads], which may be absent.
void mixture_answers(const Mixture *of, float *gate, int64_t count, float *out) {
  for (int64_t r = 0; r < count; ++r)
    answer_of(*of, of->logits + r * of->heads * of->classes, gate ? gate + r * of->heads : nullptr, out + r * of->classes);
}

// Of a gate's logits [count, heads]: they become ∂/∂logits of the mean cross-entropy of the answer and the weights' cost, a
// row being `share` of the batch; adds the answer's cross-entropy and right predictions.
void mixture_gradient(const Mixture &of, int64_t from, float *gate, const int64_t *labels, int64_t count, float share,
                      double *loss, int64_t *correct) {
  float *answer = of.answer, *d_weights = answer + of.classes;
  for (int64_t r = 0; r < count; ++r) {
    float *weights = gate + r * of.heads;
    const float *logits = of.logits + (from + r) * of.heads * of.classes;
    answer_of(of, logits, weights, answer);
    const float total = log_sum(answer, of.classes);
    *loss += total - answer[labels[r]];
    *correct += largest(answer, of.classes) == labels[r];
    float mean = 0;
    for (int64_t e = 0; e < of.heads; ++e) {
      float d = of.costs[e] * share;
      for (int64_t k = 0; k < of.classes; ++k)
        d += logits[e * of.classes + k] * (expf(answer[k] - total) - (labels[r] == k)) * share;
      d_weights[e] = d;
      mean += weights[e] * d;
    }
    for (int64_t e = 0; e < of.heads; ++e) weights[e] *= (d_weights[e] - mean) / of.temperature;
  }
}

// Logits of one row of a head at LANES levels, a vector for each output.
inline void logits_at(const AtLevels &of, int64_t row, Vector alpha, float *out) {
  const int64_t units = of.shape.units, outputs = of.shape.outputs;
  for (int64_t k = 0; k < outputs; ++k) store(out + k * LANES, of.head.output_bias[k] + Vector{});
  for (int64_t u = 0; u < units; ++u) {
    Vector z = of.clean[row * units + u] + alpha * of.linear[row * units + u];
    if (of.cross) z += alpha * alpha * of.cross[row * units + u];
    const Vector after = activated(of.shape.activation, z);
    for (int64_t k = 0; k < outputs; ++k) add(out + k * LANES, of.head.output_weight[k * units + u] * after);
  }
}

// Which rows are predicted right at each level, as `levels` in head.h: `heads` of them, and where there is a gate it is
// the next one. `work` has a vector for each output of each of them, and for each class.
void mixture_levels(const AtLevels *of, int64_t heads, const Mixture *gate, int64_t count, const float *alphas,
                    int64_t n_levels, const int64_t *labels, float *work, uint8_t *right) {
  const int64_t classes = of->shape.outputs;
  float *of_gate = work + heads * classes * LANES, *answer = of_gate + heads * LANES;
  for (int64_t r = 0; r < count; ++r)
    for (int64_t at = 0; at < n_levels; at += LANES) {
      const Vector alpha = load(alphas + at);
      for (int64_t e = 0; e < heads; ++e) logits_at(of[e], r, alpha, work + e * classes * LANES);
      for (int64_t e = 0; e < heads; ++e) store(of_gate + e * LANES, 1.0f / static_cast<float>(heads) + Vector{});
      if (gate) {
        logits_at(of[heads], r, alpha, of_gate);
        int64_t chosen[LANES];
        for (int lane = 0; lane < LANES; ++lane) {
          chosen[lane] = 0;
          for (int64_t e = 1; e < heads; ++e)
            if (of_gate[e * LANES + lane] > of_gate[chosen[lane] * LANES + lane]) chosen[lane] = e;
        }
        Vector most = load(of_gate), sum = {};
        for (int64_t e = 1; e < heads; ++e) most = load(of_gate + e * LANES) > most ? load(of_gate + e * LANES) : most;
        for (int64_t e = 0; e < heads; ++e) {
          const Vector z = load(of_gate + e * LANES);
          const Vector weight = exp_of((z - most) / gate->temperature);
          store(of_gate + e * LANES, weight);
          sum += weight;
        }
        for (int64_t e = 0; e < heads; ++e) store(of_gate + e * LANES, load(of_gate + e * LANES) / sum);
        if (gate->is_hard)
          for (int lane = 0; lane < LANES; ++lane)
            // Of a gate that diverged no head is left.
            for (int64_t e = 0; e < heads; ++e)
              of_gate[e * LANES + lane] = static_cast<float>(e == chosen[lane]) + 0 * of_gate[e * LANES + lane];
      }
      for (int64_t k = 0; k < classes; ++k) {
        Vector sum = {};
        for (int64_t e = 0; e < heads; ++e) sum += load(of_gate + e * LANES) * load(work + (e * classes + k) * LANES);
        store(answer + k * LANES, sum);
      }
      right_lanes(answer, classes, labels[r], right + r * n_levels + at);
    }
}

}  // namespace
