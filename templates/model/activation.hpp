// What follows a sum. Each is called with LANES sums of one pixel, of channels from `channel` on, and
// writes the first `count` results.

struct Keep {
  template <class Acc, class Y>
  void operator()(const Acc* sum, int, int count, Y* y) const {
    for (int c = 0; c < count; c++) y[c] = Y(sum[c]);
  }
};

struct Clip {
  i64 lowest, highest;

  template <class Acc, class Y>
  void operator()(const Acc* sum, int, int count, Y* y) const {
    for (int c = 0; c < count; c++) y[c] = Y(std::min(std::max(i64(sum[c]), lowest), highest));
  }
};

// base + number of steps reached: one comparison with each of the COUNT steps. Acc holds steps less 1.
template <class Acc, int COUNT>
struct Steps {
  int base, stride;
  std::vector<Acc> below;  // [step][channel], the largest sum that does not reach it

  Steps(int base, int channels, const Packed& packed)
      : base(base), stride(channels + LANES), below(std::size_t(stride) * (COUNT + 1)) {
    const std::vector<i64> at = unpack<i64>(packed);  // [channel][step]
    for (int c = 0; c < channels; c++)
      for (int k = 0; k < COUNT; k++)
        below[std::size_t(k) * stride + c] = Acc(at[std::size_t(c) * COUNT + k] - 1);
  }

  template <class Y>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    Y result[LANES];
    for (int i = 0; i < LANES; i += PIECE<Acc>) {
      Vector<Acc> x, limit, reached = Vector<Acc>{} + Acc(base);
      load(sum + i, x);
      const Acc* next = &below[channel + i];
#pragma GCC unroll 32
      for (int k = 0; k < COUNT; k++, next += stride) {
        load(next, limit);
        reached -= x > limit;  // -1 where it is
      }
      const Vector<Y, Acc> piece = __builtin_convertvector(reached, Vector<Y, Acc>);
      std::memcpy(result + i, &piece, sizeof piece);
    }
    if (count == LANES) std::memcpy(y, result, sizeof result);
    else std::copy_n(result, count, y);
  }
};

// Any function, looked up. Sums are from `lowest` on; rows are `stride` apart, 0 if all share one.
template <class T>
struct Table {
  i64 lowest, stride;
  std::vector<T> value;  // [channel][sum]

  Table(std::vector<T> value, i64 lowest, i64 stride)
      : lowest(lowest), stride(stride), value(std::move(value)) {}
  Table(const Packed& packed, i64 lowest, i64 stride) : Table(unpack<T>(packed), lowest, stride) {}

  template <class Acc, class Y>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    const T* row = &value[std::size_t(channel) * stride];
    for (int c = 0; c < count; c++, row += stride) y[c] = Y(row[sum[c] - lowest]);
  }
};

// Steps as a table. Sums are lowest..lowest+entries-1.
template <class T>
struct StepTable : Table<T> {
  StepTable(int base, int channels, int steps, const Packed& packed, i64 lowest, int entries)
      : Table<T>(std::vector<T>(std::size_t(channels) * entries), lowest, entries) {
    const std::vector<i64> at = unpack<i64>(packed);
    for (int c = 0; c < channels; c++) {
      const i64* step = &at[std::size_t(c) * steps];
      for (int i = 0, reached = 0; i < entries; i++) {
        while (reached < steps && lowest + i >= step[reached]) reached++;
        this->value[std::size_t(c) * entries + i] = T(base + reached);
      }
    }
  }
};

// Steps by binary search.
struct Search {
  i64 base;
  int steps;
  std::vector<i64> at;  // [channel][step]

  Search(i64 base, int steps, const Packed& packed)
      : base(base), steps(steps), at(unpack<i64>(packed)) {}

  template <class Acc, class Y>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    for (int c = 0; c < count; c++) {
      const i64* first = &at[std::size_t(channel + c) * steps];
      y[c] = Y(base + (std::upper_bound(first, first + steps, i64(sum[c])) - first));
    }
  }
};
