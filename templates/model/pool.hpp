// Largest value of each channel in each window, as an Acc.
template <class Acc>
struct PoolMax {
  Window window;

  Size output(Size x) const { return window.output(x); }

  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    const auto tap = [](int, i64 offset) { return offset; };
    slide(workers, window, y, x, tap, [&](const std::vector<i64>& taps, const X* corner, Y* to) {
      constexpr int COUNT = std::min(PIECE<X>, LANES);
      alignas(64) X best[LANES];
      alignas(64) Acc sum[LANES];
      for (int c = 0; c < y.channels; c += LANES) {
        for (int i = 0; i < LANES; i += COUNT) {
          typename Lanes<X, COUNT>::type value, largest = {};
          largest += std::numeric_limits<X>::min();
          for (const i64 offset : taps) {
            load(corner + offset + c + i, value);
            largest = value > largest ? value : largest;
          }
          std::memcpy(best + i, &largest, sizeof largest);
        }
        for (int i = 0; i < LANES; i++) sum[i] = Acc(best[i]);
        act(sum, c, std::min(LANES, y.channels - c), to + c);
      }
    });
  }
};

// Sum of each channel in each window. Acc holds every sum.
template <class Acc>
struct PoolSum {
  Window window;

  Size output(Size x) const { return window.output(x); }

  template <class Act, class Y, class X>
  void run(Workers& workers, const Act& act, const Map<Y>& y, const Map<X>& x) const {
    const auto tap = [](int, i64 offset) { return offset; };
    slide(workers, window, y, x, tap, [&](const std::vector<i64>& taps, const X* corner, Y* to) {
      alignas(64) Acc sum[LANES];
      for (int c = 0; c < y.channels; c += LANES) {
        for (int i = 0; i < LANES; i += PIECE<Acc>) {
          Vector<Acc> wide;
          Vector<X, Acc> value;
          Modular<Acc> total{};
          for (const i64 offset : taps) {
            load(corner + offset + c + i, value);
            widen(value, wide);
            total += (Modular<Acc>)wide;
          }
          std::memcpy(sum + i, &total, sizeof total);
        }
        act(sum, c, std::min(LANES, y.channels - c), to + c);
      }
    });
  }
};
