// Models of learned projections and a tail (tails.h): training step, logits, and accuracy under noise.
//
// Between the projections and their gradient, values lie by unit, so that a tail works on whole vectors of rows. A
// gradient is made of all rows for a few units at a time, and AdamW uses it up while it is in the cache.

#pragma once

#include "adamw.h"
#include "tails.h"

namespace {

// Coefficients that lie by unit: [units, places].
struct ByUnit {
  const float *d;
  int64_t stride;
  ByUnit from(int64_t unit) const { return {d + unit * stride, stride}; }
  float at(int64_t unit, int64_t place) const { return d[unit * stride + place]; }
};

// Units whose gradient is held at once.
constexpr int64_t GRADIENT_UNITS = 8;

static_assert(FORWARD_ROWS % LANES == 0, "a block of rows is whole vectors");

inline const float *weight_of(const Model &model, int64_t projection) { return model.parameters[2 * projection].value; }
inline const float *bias_of(const Model &model, int64_t projection) { return model.parameters[2 * projection + 1].value; }

// Units of all projections.
inline int64_t units_of(const Model &model) {
  int64_t units = 0;
  for (int64_t p = 0; p < model.projections; ++p) units += model.of[p].units;
  return units;
}

// Where each part of the working space begins, in floats.
struct Places {
  int64_t transposed, gradient, by_row, z, dz, kept, logits, bias, tail, end;
};

Places places(const Model &model, int64_t count) {
  int64_t most_units = 0, most_columns = 0, transposed = 0, tail = 0;
  for (int64_t p = 0; p < model.projections; ++p) {
    const Projection &of = model.of[p];
    transposed += of.width * padded(of.units);
    most_units = of.units > most_units ? of.units : most_units;
    most_columns = of.width > most_columns ? of.width : most_columns;
  }
  for (int64_t at = 2 * model.projections; at < model.n_parameters; ++at) tail += model.parameters[at].count;
  int64_t kept = 0;
  with_tail(model, [&](auto of) { kept = decltype(of)::kept(model); });
  const int64_t units = units_of(model);
  Places at = {};
  at.gradient = transposed;
  at.by_row = at.gradient + GRADIENT_UNITS * padded(most_columns);
  at.z = at.by_row + FORWARD_ROWS * padded(most_units);
  at.dz = at.z + units * FORWARD_ROWS;
  at.kept = at.dz + units * padded(count);
  at.logits = at.kept + kept * LANES;
  at.bias = at.logits + model.outputs * LANES;
  at.tail = at.bias + units * LANES;
  at.end = at.tail + tail * LANES;
  return at;
}

// What a forward pass over each projection works with.
struct Ready {
  const Model &model;
  float *work;
  Places at;

  Ready(const Model &model, int64_t count, float *work) : model(model), work(work), at(places(model, count)) {
    float *to = work + at.transposed;
    for (int64_t p = 0; p < model.projections; ++p) {
      const Projection &of = model.of[p];
      prepare(weight_of(model, p), of.width, of.width, of.units, to);
      to += of.width * padded(of.units);
    }
  }

  // Every projection of `count` rows, at most a block of them, by unit, the bias included: [units, FORWARD_ROWS]; zeros
  // for rows that are not there.
  void project(const float *const *rows, int64_t count) const {
    float *to = work + at.transposed, *z = work + at.z;
    for (int64_t p = 0; p < model.projections; ++p) {
      const Projection &of = model.of[p];
      const float *columns[FORWARD_ROWS];
      for (int64_t r = 0; r < count; ++r) columns[r] = rows[r] + of.column;
      const int64_t wide = padded(of.units);
      const Forward forward_of = {weight_of(model, p), are_few(of.units) ? nullptr : to, of.width, nullptr};
      float *by_row = work + at.by_row;
      forward(forward_of, columns, count, of.width, of.units, by_row);
      by_unit(by_row, count, of.units, wide, bias_of(model, p), z);
      to += of.width * wide;
      z += of.units * FORWARD_ROWS;
    }
  }

  // [rows, wide] to [units, FORWARD_ROWS], with each unit's bias.
  static void by_unit(const float *by_row, int64_t count, int64_t units, int64_t wide, const float *bias, float *out) {
    for (int64_t unit = 0; unit < units; unit += LANES)
      for (int64_t row = 0; row < FORWARD_ROWS; row += LANES) {
        Vector t[LANES];
        for (int i = 0; i < LANES; ++i) t[i] = row + i < count ? load(by_row + (row + i) * wide + unit) : Vector{};
        swap_squares<LANES / 2>(t);
        for (int64_t i = 0; i < smaller(LANES, units - unit); ++i)
          store(out + (unit + i) * FORWARD_ROWS + row, t[i] + bias[unit + i]);
      }
  }
};

// Floats of `work` that a step on `count` rows needs, or any other call (0 rows).
int64_t projections_work(const Model *model, int64_t count) { return places(*model, count).end; }

// Cross-entropy and its gradient of LANES rows, of which `count` are there: logits become ∂/∂logits · share.
inline void descend(const Model &model, float *logits, const int64_t *labels, int64_t count, float share, double *loss,
                    int64_t *correct) {
  const int64_t outputs = model.outputs;
  Vector most = load(logits), sum = {};
  for (int64_t k = 1; k < outputs; ++k) {
    const Vector z = load(logits + k * LANES);
    most = z > most ? z : most;
  }
  for (int64_t k = 0; k < outputs; ++k) sum += exp_of(load(logits + k * LANES) - most);
  for (int64_t lane = 0; lane < count; ++lane) {
    int64_t best = 0;
    for (int64_t k = 1; k < outputs; ++k)
      if (logits[k * LANES + lane] > logits[best * LANES + lane]) best = k;
    *correct += best == labels[lane];
    *loss += most[lane] + logf(sum[lane]) - logits[labels[lane] * LANES + lane];
  }
  for (int64_t k = 0; k < outputs; ++k) {
    Vector d = exp_of(load(logits + k * LANES) - most) / sum;
    for (int64_t lane = 0; lane < LANES; ++lane) d[lane] = lane < count ? d[lane] - (labels[lane] == k) : 0;
    store(logits + k * LANES, d * share);
  }
}

// One optimiser step on `rows`, as `step` in kernel.cpp.
void projections_step(const Model *model, const float *const *rows, const int64_t *labels, int64_t count,
                      const Step *of_step, float *work, double *loss, int64_t *correct) {
  const Ready ready(*model, count, work);
  const Places &at = ready.at;
  const int64_t units = units_of(*model), stride = padded(count);
  const float share = 1 / static_cast<float>(count);
  memset(work + at.bias, 0, (at.end - at.bias) * sizeof(float));
  for (int64_t from = 0; from < count; from += FORWARD_ROWS) {
    const int64_t held = smaller(FORWARD_ROWS, count - from);
    ready.project(rows + from, held);
    with_tail(*model, [&](auto tail) {
      for (int64_t row = 0; row < held; row += LANES) {
        float *logits = work + at.logits, *kept = work + at.kept;
        const Slice z = {work + at.z + row, FORWARD_ROWS};
        tail.forward(*model, z, kept, logits);
        descend(*model, logits, labels + from + row, smaller(LANES, held - row), share, loss, correct);
        tail.backward(*model, z, kept, logits, {work + at.dz + from + row, stride}, work + at.tail);
      }
    });
  }
  for (int64_t u = 0; u < units; ++u)
    for (int64_t row = 0; row < stride; row += LANES) add(work + at.bias + u * LANES, load(work + at.dz + u * stride + row));
  // Lanes of the narrow gradients are summed in place: value i comes to place i, which is behind all that is still read.
  float *narrow = work + at.bias;
  for (int64_t i = 0; i < (at.end - at.bias) / LANES; ++i) narrow[i] = sum<LANES>(load(narrow + i * LANES));
  const Adamw adam = adamw_of(*of_step);
  const auto update = [&](const Parameter &of, int64_t from, int64_t values, const float *g) {
    adamw(of.value + from, of.first + from, of.second + from, g, values, adam);
  };
  const float *dz = work + at.dz;
  for (int64_t p = 0; p < model->projections; ++p) {
    const Projection &of = model->of[p];
    const Columns columns = {rows, of.column};
    float *g = work + at.gradient;
    for (int64_t unit = 0; unit < of.units; unit += GRADIENT_UNITS) {
      const int64_t held = smaller(GRADIENT_UNITS, of.units - unit);
      weighted_sum<BEGINS>(ByUnit{dz + unit * stride, stride}, columns, count, held, of.width, g, of.width);
      update(model->parameters[2 * p], unit * of.width, held * of.width, g);
    }
    update(model->parameters[2 * p + 1], 0, of.units, narrow);
    dz += of.units * stride;
    narrow += of.units;
  }
  for (int64_t own = 2 * model->projections; own < model->n_parameters; ++own) {
    update(model->parameters[own], 0, model->parameters[own].count, narrow);
    narrow += model->parameters[own].count;
  }
}

// Logits [count, outputs].
void projections_logits(const Model *model, const float *const *rows, int64_t count, float *work, float *out) {
  const Ready ready(*model, 0, work);
  const Places &at = ready.at;
  const int64_t outputs = model->outputs;
  for (int64_t from = 0; from < count; from += FORWARD_ROWS) {
    const int64_t held = smaller(FORWARD_ROWS, count - from);
    ready.project(rows + from, held);
    with_tail(*model, [&](auto tail) {
      for (int64_t row = 0; row < held; row += LANES) {
        float *logits = work + at.logits;
        tail.forward(*model, {work + at.z + row, FORWARD_ROWS}, work + at.kept, logits);
        for (int64_t lane = 0; lane < smaller(LANES, held - row); ++lane)
          for (int64_t k = 0; k < outputs; ++k) out[(from + row + lane) * outputs + k] = logits[k * LANES + lane];
      }
    });
  }
}

// Which rows are predicted right at each level, as `levels` in head.h, from every projection's output, [count, units];
// `linear` and `cross` are without bias.
void projections_levels(const Model *model, const float *clean, const float *linear, const float *cross, int64_t count,
                        const float *alphas, int64_t n_levels, const int64_t *labels, float *work, uint8_t *right) {
  const Places at = places(*model, 0);
  const int64_t units = units_of(*model);
  with_tail(*model, [&](auto tail) {
    for (int64_t r = 0; r < count; ++r)
      for (int64_t level = 0; level < n_levels; level += LANES) {
        const Vector alpha = load(alphas + level);
        for (int64_t u = 0; u < units; ++u) {
          Vector z = clean[r * units + u] + alpha * linear[r * units + u];
          if (cross) z += alpha * alpha * cross[r * units + u];
          store(work + at.z + u * LANES, z);
        }
        tail.forward(*model, {work + at.z, LANES}, work + at.kept, work + at.logits);
        right_lanes(work + at.logits, model->outputs, labels[r], right + r * n_levels + level);
      }
  });
}

}  // namespace
