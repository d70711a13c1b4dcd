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

// base + number of steps reached, each compared with. Few steps.
template <class Acc>
struct Steps {
  int base, steps, stride;
  std::vector<Acc> at;  // [step][channel]

  Steps(int base, int channels, int steps, const Packed& packed)
      : base(base), steps(steps), stride(channels + LANES), at(std::size_t(stride) * (steps + 1)) {
    const std::vector<Acc> values = unpack<Acc>(packed);  // [channel][step]
    for (int c = 0; c < channels; c++)
      for (int k = 0; k < steps; k++)
        at[std::size_t(k) * stride + c] = values[std::size_t(c) * steps + k];
  }

  template <class Y>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    Y result[LANES];
    for (int i = 0; i < LANES; i += PIECE<Acc>) {
      Vector<Acc> x, step, reached = Vector<Acc>{} + Acc(base + steps);
      load(sum + i, x);
      const Acc* next = &at[channel + i];
      for (int k = 0; k < steps; k++, next += stride) {
        load(next, step);
        reached += step > x;  // -1 where it is
      }
      const Vector<Y, Acc> piece = __builtin_convertvector(reached, Vector<Y, Acc>);
      std::memcpy(result + i, &piece, sizeof piece);
    }
    if (count == LANES) std::memcpy(y, result, sizeof result);
    else std::copy_n(result, count, y);
  }
};

// The same by looking the sum up. Sums are lowest..lowest+entries-1.
template <class Y>
struct Table {
  i64 lowest;
  int entries;
  std::vector<Y> value;  // [channel][sum]

  Table(int base, int channels, int steps, const Packed& packed, i64 lowest, int entries)
      : lowest(lowest), entries(entries), value(std::size_t(channels) * entries) {
    const std::vector<i64> at = unpack<i64>(packed);
    for (int c = 0; c < channels; c++) {
      const i64* step = &at[std::size_t(c) * steps];
      for (int i = 0, reached = 0; i < entries; i++) {
        while (reached < steps && lowest + i >= step[reached]) reached++;
        value[std::size_t(c) * entries + i] = Y(base + reached);
      }
    }
  }

  template <class Acc>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    const Y* row = &value[std::size_t(channel) * entries];
    for (int c = 0; c < count; c++, row += entries) y[c] = row[sum[c] - lowest];
  }
};

// The same by binary search.
struct Search {
  i64 base;
  int steps;
  std::vector<i64> at;  // [channel][step]

  Search(i64 base, int, int steps, const Packed& packed)
      : base(base), steps(steps), at(unpack<i64>(packed)) {}

  template <class Acc, class Y>
  void operator()(const Acc* sum, int channel, int count, Y* y) const {
    for (int c = 0; c < count; c++) {
      const i64* first = &at[std::size_t(channel + c) * steps];
      y[c] = Y(base + (std::upper_bound(first, first + steps, i64(sum[c])) - first));
    }
  }
};
