// Sums of rows times coefficients, and the forward passes that are made of them; kernel.cpp says for what.
//
// In an unnamed namespace, since it is compiled once for each instruction set.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

namespace {

// Block shapes: the build script compiles the kernel once more for each line of other values in AVX2 and AVX512. Every output is summed
// in the order of its places, whatever the blocks, so that these change no number.
#ifndef BLOCK_OF_2
#if defined(__AVX512F__)
#define BLOCK_OF_2 8  // rows at once over two vectors
#else
#define BLOCK_OF_2 4
#endif
#endif
#ifndef BLOCK_ROWS
#define BLOCK_ROWS 48
#endif
#ifndef BLOCK_MATRIX
#define BLOCK_MATRIX 128
#endif
#ifndef BLOCK_PACKS
#define BLOCK_PACKS 0  // whether columns are copied together before they are summed
#endif

// Registers decide how much is summed at once: UNITS × VECTORS of them, by how many vectors wide it is.
#if defined(__AVX512F__)
constexpr int LANES = 16, DOT = 4, UNITS_OF_1 = 16, UNITS_OF_2 = BLOCK_OF_2, UNITS_OF_3 = 8;
#elif defined(__AVX2__)
constexpr int LANES = 8, DOT = 3, UNITS_OF_1 = 8, UNITS_OF_2 = BLOCK_OF_2, UNITS_OF_3 = 4;
#else
constexpr int LANES = 4, DOT = 3, UNITS_OF_1 = 8, UNITS_OF_2 = BLOCK_OF_2, UNITS_OF_3 = 4;
#endif

// Rows that go forward and back together, and stay in the second-level cache meanwhile.
constexpr int64_t FORWARD_ROWS = BLOCK_ROWS;
// Of tensor fusion: rows whose half product is held, and rows of a matrix that are added to it at once.
constexpr int64_t BILINEAR_ROWS = 128, MATRIX_BLOCK = BLOCK_MATRIX;
// Rows of a matrix whose gradient is held at once.
constexpr int64_t GRADIENT_ROWS = 8;
constexpr bool PACKS = BLOCK_PACKS;
// Columns that are summed, and copied, together.
constexpr int64_t TOGETHER = 3 * LANES;

static_assert(FORWARD_ROWS <= BILINEAR_ROWS, "working space is made for that many rows");

template <int N>
struct Of {
  typedef float Floats __attribute__((vector_size(N * sizeof(float)), aligned(4), may_alias));
};
typedef Of<LANES>::Floats Vector;

inline Vector load(const float *from) { return *reinterpret_cast<const Vector *>(from); }
inline void store(float *to, Vector value) { *reinterpret_cast<Vector *>(to) = value; }

inline Vector load_part(const float *from, int64_t count) {
  Vector value = {};
  __builtin_memcpy(&value, from, count * sizeof(float));
  return value;
}

inline int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

template <int N>
inline float sum(typename Of<N>::Floats value) {
  if constexpr (N == 2) {
    return value[0] + value[1];
  } else {
    typename Of<N / 2>::Floats half[2];
    __builtin_memcpy(half, &value, sizeof half);
    return sum<N / 2>(half[0] + half[1]);
  }
}

inline int64_t padded(int64_t units) { return (units + LANES - 1) / LANES * LANES; }

// Coefficients of a sum, by unit and place: [places, units], or a row of its own for each unit.
struct Dense {
  const float *d;
  int64_t stride;
  Dense from(int64_t unit) const { return {d + unit, stride}; }
  float at(int64_t unit, int64_t place) const { return d[place * stride + unit]; }
};
struct ByRow {
  const float *const *rows;
  int64_t first;
  ByRow from(int64_t unit) const { return {rows + unit, first}; }
  float at(int64_t unit, int64_t place) const { return rows[unit][first + place]; }
};

// Rows that are summed. Some columns of rows that lie anywhere:
struct Columns {
  const float *const *rows;
  int64_t column;
  const float *at(int64_t place) const { return rows[place] + column; }
};
// Rows that lie anywhere:
struct Scattered {
  const float *const *rows;
  const float *at(int64_t place) const { return rows[place]; }
  Columns from(int64_t column) const { return {rows, column}; }
};
// Rows one behind the other:
struct Stacked {
  const float *rows;
  int64_t stride;
  const float *at(int64_t place) const { return rows + place * stride; }
  Stacked from(int64_t column) const { return {rows + column, stride}; }
};

// Whether a sum begins or is added to.
enum Sum { BEGINS, GROWS };
template <Sum SUM>
struct Is {
  static constexpr Sum value = SUM;
};

// Inlined always: whether a compiler does by itself changes with each caller, and speed with it.
template <int UNITS, int VECTORS, Sum SUM, typename Coefficients, typename Summed>
inline __attribute__((always_inline)) void sum_block(Coefficients c, Summed x, int64_t count, int64_t column, float *out, int64_t out_stride) {
  Vector t[UNITS][VECTORS];
  for (int u = 0; u < UNITS; ++u)
    for (int v = 0; v < VECTORS; ++v)
      t[u][v] = SUM == GROWS ? load(out + u * out_stride + column + v * LANES) : Vector{};
  for (int64_t place = 0; place < count; ++place) {
    const float *row = x.at(place) + column;
    Vector b[VECTORS];
    for (int v = 0; v < VECTORS; ++v) b[v] = load(row + v * LANES);
    for (int u = 0; u < UNITS; ++u) {
      const float of_unit = c.at(u, place);
      for (int v = 0; v < VECTORS; ++v) t[u][v] += of_unit * b[v];
    }
  }
  for (int u = 0; u < UNITS; ++u)
    for (int v = 0; v < VECTORS; ++v) store(out + u * out_stride + column + v * LANES, t[u][v]);
}

// The last `rest` columns, less than a vector: computed with those before them as a whole vector, of which these alone are
// stored. Each column's sum is made in the same order as in a vector of its own.
template <int UNITS, Sum SUM, typename Coefficients, typename Summed>
inline void sum_rest(Coefficients c, Summed x, int64_t count, int64_t units, int64_t width, int64_t rest, float *out,
                     int64_t out_stride) {
  const int64_t column = width - LANES;
  int64_t u = 0;
  for (; u + UNITS <= units; u += UNITS) {
    Vector t[UNITS];
    for (int i = 0; i < UNITS; ++i) t[i] = SUM == GROWS ? load(out + (u + i) * out_stride + column) : Vector{};
    for (int64_t place = 0; place < count; ++place) {
      const Vector b = load(x.at(place) + column);
      for (int i = 0; i < UNITS; ++i) t[i] += c.at(u + i, place) * b;
    }
    for (int i = 0; i < UNITS; ++i) {
      float whole[LANES];
      store(whole, t[i]);
      memcpy(out + (u + i) * out_stride + width - rest, whole + LANES - rest, rest * sizeof(float));
    }
  }
  if constexpr (UNITS > 1)
    if (u < units)
      sum_rest<UNITS / 2, SUM>(c.from(u), x, count, units - u, width, rest, out + u * out_stride, out_stride);
}

// Every unit over some columns: as many at once as there are registers for, then half as many, and so on.
template <int UNITS, int VECTORS, Sum SUM, typename Coefficients, typename Summed>
inline void sum_units(Coefficients c, Summed x, int64_t count, int64_t units, int64_t column, float *out,
                      int64_t out_stride) {
  int64_t u = 0;
  for (; u + UNITS <= units; u += UNITS)
    sum_block<UNITS, VECTORS, SUM>(c.from(u), x, count, column, out + u * out_stride, out_stride);
  if constexpr (UNITS > 1)
    if (u < units)
      sum_units<UNITS / 2, VECTORS, SUM>(c.from(u), x, count, units - u, column, out + u * out_stride, out_stride);
}

// out[unit] = Σ_place c(unit, place) · x[place], or += where it grows; rows of `x` and `out` are `width` wide. The columns
// at hand of all of `x` stay in the cache while every unit passes over them.
template <Sum SUM, typename Coefficients, typename Summed>
void weighted_sum(Coefficients c, Summed x, int64_t count, int64_t units, int64_t width, float *out, int64_t out_stride) {
  int64_t column = 0;
  // First, since the columns before them must not have grown yet.
  const int64_t rest = width % LANES;
  if (rest && width > LANES) sum_rest<UNITS_OF_1, SUM>(c, x, count, units, width, rest, out, out_stride);
  for (; column + TOGETHER <= width && column + 4 * LANES != width; column += TOGETHER)
    sum_units<UNITS_OF_3, 3, SUM>(c, x, count, units, column, out, out_stride);
  for (; column + 2 * LANES <= width; column += 2 * LANES)
    sum_units<UNITS_OF_2, 2, SUM>(c, x, count, units, column, out, out_stride);
  for (; column + LANES <= width; column += LANES)
    sum_units<UNITS_OF_1, 1, SUM>(c, x, count, units, column, out, out_stride);
  for (; column < width && width < LANES; ++column)
    for (int64_t u = 0; u < units; ++u) {
      float total = SUM == GROWS ? out[u * out_stride + column] : 0;
      for (int64_t place = 0; place < count; ++place) total += c.at(u, place) * x.at(place)[column];
      out[u * out_stride + column] = total;
    }
}

// How many of a row's columns are summed TOGETHER; behind them is nothing or a whole vector at least, since narrower sums are rounded
// otherwise.
inline int64_t columns_together(int64_t width) {
  const int64_t rest = width % TOGETHER, together = width - rest;
  return rest && rest < LANES && together ? together - TOGETHER : together;
}

// Parameters of tensor fusion that come next, fetched into the second-level cache beside sums. Each block of sums fetches a share:
// too many requests at once would hold up what the sums load.
struct Ahead {
  static constexpr int64_t LINE = 64;
  uintptr_t at[3] = {};  // the weight, or also its moments
  int arrays = 0;
  int64_t share = 0;  // bytes of each array, whole lines

  Ahead() {}  // nothing
  // `count` floats of each array, while `units` sums of rows of this width are made.
  Ahead(const float *weight, const float *first, const float *second, int64_t count, int64_t units, int64_t width)
      : at{reinterpret_cast<uintptr_t>(weight), reinterpret_cast<uintptr_t>(first), reinterpret_cast<uintptr_t>(second)},
        arrays(first ? 3 : 1) {
    const int64_t blocks = (units + UNITS_OF_3 - 1) / UNITS_OF_3 * (columns_together(width) / TOGETHER);
    share = blocks ? (count * static_cast<int64_t>(sizeof(float)) / blocks + LINE - 1) / LINE * LINE : 0;
  }
  void fetch() {
    for (int array = 0; array < arrays; ++array, at[array - 1] += share)
      for (int64_t line = 0; line < share; line += LINE)
        __builtin_prefetch(reinterpret_cast<const void *>(at[array] + line), 0, 2);
  }
};

// weighted_sum that fetches what comes next; `block(column)` gives the rows' columns from there on that are summed TOGETHER.
template <Sum SUM, typename Coefficients, typename Summed, typename Block>
void block_sum(Coefficients c, Summed x, Block block, int64_t count, int64_t units, int64_t width, float *out, Ahead next) {
  const int64_t together = columns_together(width);
  for (int64_t column = 0; column < together; column += TOGETHER) {
    const auto of_block = block(column);
    for (int64_t u = 0; u < units; u += UNITS_OF_3) {
      next.fetch();
      sum_units<UNITS_OF_3, 3, SUM>(c.from(u), of_block, count, smaller(UNITS_OF_3, units - u), 0, out + u * width + column, width);
    }
  }
  if (together < width)
    weighted_sum<SUM>(c, x.from(together), count, units, width - together, out + together, width);
}

// Packing pays where the rows exceed the first-level cache, and enough units read the copy. Rows a multiple of 1 KB apart have room for
// few of a column's lines in that cache at once, packed ones for most.
inline bool pays_to_pack(int64_t count, int64_t units, int64_t width) {
  constexpr int64_t FIRST_LEVEL = (32 << 10) / sizeof(float);
  return PACKS && count * width > FIRST_LEVEL && units >= 4 * UNITS_OF_3;
}

// Copies the columns from `column` on that are summed together: [count, TOGETHER].
template <typename Summed>
inline Stacked pack(const Summed &x, int64_t count, int64_t column, float *out) {
  for (int64_t place = 0; place < count; ++place)
    for (int64_t v = 0; v < TOGETHER; v += LANES) store(out + place * TOGETHER + v, load(x.at(place) + column + v));
  return {out, TOGETHER};
}

typedef int32_t Lanes __attribute__((vector_size(LANES * sizeof(int32_t))));

// Swaps squares of `size` lanes across the diagonal, as one stage of a transposition.
template <int SIZE>
inline void swap_squares(Vector (&t)[LANES]) {
  for (int i = 0; i < LANES; ++i) {
    if (i & SIZE) continue;
    const Vector a = t[i], b = t[i + SIZE];
    Lanes low, high;
    for (int lane = 0; lane < LANES; ++lane) {
      low[lane] = lane & SIZE ? LANES + lane - SIZE : lane;
      high[lane] = lane & SIZE ? LANES + lane : lane + SIZE;
    }
#if defined(__clang__)
    for (int lane = 0; lane < LANES; ++lane) {
      t[i][lane] = low[lane] < LANES ? a[low[lane]] : b[low[lane] - LANES];
      t[i + SIZE][lane] = high[lane] < LANES ? a[high[lane]] : b[high[lane] - LANES];
    }
#else
    t[i] = __builtin_shuffle(a, b, low);
    t[i + SIZE] = __builtin_shuffle(a, b, high);
#endif
  }
  if constexpr (SIZE > 1) swap_squares<SIZE / 2>(t);
}

// [units, width], rows `stride` apart, to [width, padded units]; zeros fill up.
void transpose(const float *w, int64_t stride, int64_t units, int64_t width, float *out) {
  const int64_t wide = padded(units);
  for (int64_t unit = 0; unit < wide; unit += LANES)
    for (int64_t column = 0; column < width; column += LANES) {
      const int64_t columns = smaller(LANES, width - column);
      Vector t[LANES];
      for (int i = 0; i < LANES; ++i) {
        const float *from = w + (unit + i) * stride + column;
        t[i] = unit + i >= units ? Vector{} : columns == LANES ? load(from) : load_part(from, columns);
      }
      swap_squares<LANES / 2>(t);
      for (int64_t i = 0; i < columns; ++i) store(out + (column + i) * wide + unit, t[i]);
    }
}

template <int ROWS>
inline void dot_rows(const float *const *x, const float *w, int64_t width, float *out, int64_t out_stride) {
  Vector t[ROWS] = {};
  int64_t at = 0;
  for (; at + LANES <= width; at += LANES)
    for (int r = 0; r < ROWS; ++r) t[r] += load(x[r] + at) * load(w + at);
  if (at < width)
    for (int r = 0; r < ROWS; ++r) t[r] += load_part(x[r] + at, width - at) * load_part(w + at, width - at);
  for (int r = 0; r < ROWS; ++r) out[r * out_stride] = sum<LANES>(t[r]);
}

// What a forward pass over a first layer's weight works with.
struct Forward {
  const float *weight;      // [units, width], rows `stride` apart, or [units, n, m]
  const float *transposed;  // [width, padded units]; absent: few units, or tensor fusion
  int64_t stride;
  float *half;  // of tensor fusion: [BILINEAR_ROWS, m], then room for packed columns
};

// Few units are worth no transposition: a vector would be mostly empty.
inline bool are_few(int64_t units) { return 2 * units <= LANES; }

Forward prepare(const float *weight, int64_t stride, int64_t width, int64_t units, float *work) {
  if (are_few(units)) return {weight, nullptr, stride, nullptr};
  transpose(weight, stride, units, width, work);
  return {weight, work, stride, nullptr};
}

// out[row][unit] = x[row] · w[unit], rows of `out` being padded(units) apart.
void forward(const Forward &to, const float *const *x, int64_t count, int64_t width, int64_t units, float *out) {
  const int64_t wide = padded(units);
  if (to.transposed) return weighted_sum<BEGINS>(ByRow{x, 0}, Stacked{to.transposed, wide}, width, count, wide, out, wide);
  for (int64_t u = 0; u < units; ++u) {
    int64_t r = 0;
    for (; r + DOT <= count; r += DOT) dot_rows<DOT>(x + r, to.weight + u * to.stride, width, out + r * wide + u, wide);
    for (; r < count; ++r) dot_rows<1>(x + r, to.weight + u * to.stride, width, out + r * wide + u, wide);
  }
}

// out[row][k] = x[row]ᵀ W_k y[row], without the outer product: (xᵀ W_k) first, then its product with y. `y` holds `images`
// lists of rows, one behind the other, and so does `out`.
void bilinear(const Forward &to, const float *const *x, const float *const *y, int64_t count, int64_t images, int64_t n,
              int64_t m, int64_t units, float *out) {
  const int64_t wide = padded(units);
  for (int64_t k = 0; k < units; ++k)
    for (int64_t first = 0; first < count; first += BILINEAR_ROWS) {
      const int64_t rows = smaller(BILINEAR_ROWS, count - first);
      for (int64_t i = 0; i < n; i += MATRIX_BLOCK) {
        const float *block = to.weight + (k * n + i) * m;
        const int64_t held = smaller(MATRIX_BLOCK, n - i), below = n - i - held;
        // What comes next is more of the matrix, the matrix again for the next rows, or the next unit's.
        const bool begins_again = !below && first + rows < count, ends = !below && !begins_again && k + 1 == units;
        const Ahead ahead(begins_again ? to.weight + k * n * m : block + held * m, nullptr, nullptr,
                          ends ? 0 : smaller(MATRIX_BLOCK, below ? below : n) * m, rows, m);
        float *space = to.half + BILINEAR_ROWS * m;
        const Stacked matrix = {block, m};
        const auto sum = [&](auto begins, auto columns) {
          block_sum<decltype(begins)::value>(ByRow{x + first, i}, matrix, columns, held, rows, m, to.half, ahead);
        };
        const auto packed = [&](int64_t column) { return pack(matrix, held, column, space); };
        const auto in_place = [&](int64_t column) { return matrix.from(column); };
        const bool packs = pays_to_pack(held, rows, m);
        if (i == 0)
          packs ? sum(Is<BEGINS>(), packed) : sum(Is<BEGINS>(), in_place);
        else
          packs ? sum(Is<GROWS>(), packed) : sum(Is<GROWS>(), in_place);
      }
      for (int64_t r = 0; r < rows; ++r) {
        const float *half = to.half + r * m;
        for (int64_t at = first + r; at < images * count; at += count) dot_rows<1>(&half, y[at], m, out + at * wide + k, wide);
      }
    }
}

}  // namespace
